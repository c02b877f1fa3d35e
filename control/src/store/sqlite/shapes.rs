//! The dictionary of shapes: in memory whole, shared by the writer and the readers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;
use sqlx::{Row, SqliteConnection};

use crate::names::Named;
use crate::store::{Filter, Shape, StoreError};

/// Distinct models, workloads and providers told apart; later ones are kept as [`OTHER`] in filters and rollups (the event keeps its own).
const MAX_NAMES: usize = 5_000;
/// Combinations told apart; past this, new ones get [`OTHER`] for every name.
const MAX_SHAPES: usize = 50_000;
/// Stands for names past the bound.
pub(super) const OTHER: &str = "(other)";

/// Shared handle.
#[derive(Clone, Default)]
pub(super) struct Shapes(Arc<RwLock<Table>>);

#[derive(Default)]
struct Table {
    by_number: HashMap<i64, Arc<Shape>>,
    numbers: HashMap<Arc<Shape>, i64>,
    names: HashSet<String>,
}

impl Table {
    fn insert(&mut self, number: i64, shape: Arc<Shape>) {
        for name in [&shape.provider, &shape.model, &shape.workload] {
            if !self.names.contains(name) {
                self.names.insert(name.clone());
            }
        }
        self.numbers.insert(Arc::clone(&shape), number);
        self.by_number.insert(number, shape);
    }

    /// The shape as it is filed: names past the bounds folded.
    fn fold(&self, shape: &Shape) -> Shape {
        let crowded = self.numbers.len() >= MAX_SHAPES;
        let fold = |name: &String| {
            let known = self.names.contains(name) || self.names.len() < MAX_NAMES;
            if known && !crowded { name.clone() } else { OTHER.to_owned() }
        };
        Shape {
            provider: fold(&shape.provider),
            model: fold(&shape.model),
            workload: fold(&shape.workload),
            ..shape.clone()
        }
    }
}

impl Shapes {
    /// Reads the dictionary.
    pub(super) async fn load(conn: &mut SqliteConnection) -> Result<Self, StoreError> {
        let shapes = Self::default();
        shapes.reload(conn).await?;
        Ok(shapes)
    }

    /// Reads it again: after a transaction that failed, memory may know shapes that the database does not.
    pub(super) async fn reload(&self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT shape, verdict, reason, action, direction, provider, model, workload FROM shape",
        )
        .fetch_all(conn)
        .await?;
        let mut table = Table::default();
        for row in rows {
            let shape = Shape {
                verdict: closed(row.try_get(1)?)?,
                reason: match row.try_get(2)? {
                    "" => None,
                    name => Some(closed(name)?),
                },
                action: closed(row.try_get(3)?)?,
                direction: closed(row.try_get(4)?)?,
                provider: row.try_get(5)?,
                model: row.try_get(6)?,
                workload: row.try_get(7)?,
            };
            table.insert(row.try_get(0)?, Arc::new(shape));
        }
        *self.0.write() = table;
        Ok(())
    }

    /// The number of a shape and the shape as filed, made when new. Readers see a new one at once, which is harmless: no row has it yet.
    pub(super) async fn number<'a>(
        &'a self,
        conn: &'a mut SqliteConnection,
        shape: &'a Shape,
    ) -> Result<(i64, Arc<Shape>), StoreError> {
        let (number, shape) = {
            let table = self.0.read();
            if let Some((known, &number)) = table.numbers.get_key_value(shape) {
                return Ok((number, Arc::clone(known)));
            }
            let folded = table.fold(shape);
            if let Some((known, &number)) = table.numbers.get_key_value(&folded) {
                return Ok((number, Arc::clone(known)));
            }
            (table.numbers.len() as i64 + 1, Arc::new(folded))
        };
        sqlx::query("INSERT INTO shape VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(number)
            .bind(shape.verdict.name())
            .bind(shape.reason.map_or("", Named::name))
            .bind(shape.action.name())
            .bind(shape.direction.name())
            .bind(&shape.provider)
            .bind(&shape.model)
            .bind(&shape.workload)
            .execute(conn)
            .await?;
        self.0.write().insert(number, Arc::clone(&shape));
        Ok((number, shape))
    }

    /// The shape with a number.
    pub(super) fn get(&self, number: i64) -> Option<Arc<Shape>> {
        self.0.read().by_number.get(&number).cloned()
    }

    /// The numbers of the shapes that pass; `None` when the filter has nothing against any.
    pub(super) fn admitted(&self, filter: &Filter, passes: impl Fn(&Shape) -> bool) -> Option<Vec<i64>> {
        if !filter.asks_shape() {
            return None;
        }
        let table = self.0.read();
        Some(table.by_number.iter().filter(|(_, shape)| passes(shape)).map(|(&n, _)| n).collect())
    }
}

fn closed<T: Named>(name: &str) -> Result<T, StoreError> {
    T::named(name).ok_or_else(|| {
        StoreError::Damaged(format!("`{name}` in table shape is unknown; was it written by a newer version?"))
    })
}
