//! The dictionary of shapes: in memory whole, shared by whoever writes and whoever reads. What the databases do with it is in their folders.
//!
//! Every shape belongs to a zone: a namespace of a tenant. Beside its namespaces a tenant has one zone that stands for the whole of it, whose
//! number is also the tenant's. Rollups are kept by zone, so that sums and percentiles of any scope are those of its zones, merged: one zone for a
//! whole tenant, however many namespaces it has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;

use super::scope::{Namespaces, Scope};
use super::{Shape, StoreError};
use crate::names::Named;

/// Distinct models, workloads and providers of a tenant told apart; later ones are kept as [`OTHER`] in filters and rollups (the event
/// keeps its own).
const MAX_NAMES: usize = 5_000;
/// Namespaces of a tenant told apart. Later ones are kept as [`OTHER`], which only those see who see the whole tenant: no namespace of
/// Kubernetes has such a name.
const MAX_NAMESPACES: usize = 1_000;
/// Combinations of a tenant told apart; past this, new ones get [`OTHER`] for every name.
const MAX_SHAPES: usize = 50_000;
/// Stands for names past the bound.
pub(super) const OTHER: &str = "(other)";

/// A shape as it is filed.
#[derive(Debug)]
pub(crate) struct Filed {
    /// Its own number.
    pub(crate) number: i64,
    /// That of the tenant's whole zone.
    pub(crate) tenant: i64,
    /// That of its namespace's zone.
    pub(crate) zone: i64,
    /// Whose.
    pub(crate) owner: Arc<str>,
    pub(crate) shape: Arc<Shape>,
}

/// Shared handle.
#[derive(Clone, Default)]
pub(super) struct Shapes(Arc<RwLock<Table>>);

/// The dictionary.
#[derive(Clone, Default)]
pub(super) struct Table {
    by_number: HashMap<i64, Arc<Filed>>,
    tenants: HashMap<Arc<str>, Tenant>,
    highest: i64,
    highest_zone: i64,
}

/// What is known of one tenant.
#[derive(Clone, Default)]
struct Tenant {
    /// Its whole zone; 0 until it is learnt.
    number: i64,
    zones: HashMap<String, i64>,
    numbers: HashMap<Arc<Shape>, Arc<Filed>>,
    names: HashSet<String>,
}

impl Tenant {
    /// The shape as it is filed: names past the bounds folded.
    fn fold(&self, shape: &Shape) -> Shape {
        let crowded = self.numbers.len() >= MAX_SHAPES;
        let fold = |name: &String| {
            let known = self.names.contains(name) || self.names.len() < MAX_NAMES;
            if known && !crowded { name.clone() } else { OTHER.to_owned() }
        };
        let namespace = &shape.namespace;
        let placed = self.zones.contains_key(namespace) || self.zones.len() < MAX_NAMESPACES;
        Shape {
            provider: fold(&shape.provider),
            model: fold(&shape.model),
            workload: fold(&shape.workload),
            namespace: if placed { namespace.clone() } else { OTHER.to_owned() },
            ..shape.clone()
        }
    }
}

impl Table {
    /// Takes up a zone; `None`: the whole tenant.
    pub(super) fn learn_zone(&mut self, number: i64, tenant: &str, namespace: Option<&str>) {
        let entry = self.tenants.entry(Arc::from(tenant)).or_default();
        match namespace {
            None => entry.number = number,
            Some(namespace) => {
                entry.zones.insert(namespace.to_owned(), number);
            }
        }
        self.highest_zone = self.highest_zone.max(number);
    }

    /// Takes up a shape whose zones are known; says how it is filed.
    pub(super) fn learn(
        &mut self,
        number: i64,
        tenant: &str,
        shape: Shape,
    ) -> Result<Arc<Filed>, StoreError> {
        let unknown = || StoreError::Damaged(format!("shape {number} lies in no zone"));
        let (owner, _) = self.tenants.get_key_value(tenant).ok_or_else(unknown)?;
        let owner = Arc::clone(owner);
        let entry = self.tenants.get_mut(tenant).ok_or_else(unknown)?;
        let zone = *entry.zones.get(&shape.namespace).ok_or_else(unknown)?;
        for name in [&shape.provider, &shape.model, &shape.workload] {
            if !entry.names.contains(name) {
                entry.names.insert(name.clone());
            }
        }
        let shape = Arc::new(shape);
        let filed = Arc::new(Filed { number, tenant: entry.number, zone, owner, shape: Arc::clone(&shape) });
        entry.numbers.insert(shape, Arc::clone(&filed));
        self.by_number.insert(number, Arc::clone(&filed));
        self.highest = self.highest.max(number);
        Ok(filed)
    }
}

/// The shapes whose rows may be looked at.
#[derive(Clone, Debug)]
pub(super) enum Admitted {
    /// Everything the dictionary held when it was asked: numbers up to this. A tenant that came since has higher ones.
    UpTo(i64),
    /// These, in order.
    Some(Vec<i64>),
}

impl Admitted {
    /// Whether one is among them.
    pub(super) fn holds(&self, number: i64) -> bool {
        match self {
            Self::UpTo(highest) => number <= *highest,
            Self::Some(numbers) => numbers.binary_search(&number).is_ok(),
        }
    }
}

impl Shapes {
    /// Exchanges the whole dictionary: after a transaction that failed, memory may know what the database does not.
    pub(super) fn replace(&self, table: Table) {
        *self.0.write() = table;
    }

    /// One of its own, as it is now.
    pub(super) fn copy(&self) -> Self {
        Self(Arc::new(RwLock::new(self.0.read().clone())))
    }

    /// Adds to it.
    pub(super) fn add<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        change(&mut self.0.write())
    }

    /// The highest numbers known: of a zone, of a shape.
    pub(super) fn highest(&self) -> (i64, i64) {
        let table = self.0.read();
        (table.highest_zone, table.highest)
    }

    /// How a shape is filed, or, when that is not known, the shape to file.
    pub(super) fn find(&self, tenant: &str, shape: &Shape) -> Result<Arc<Filed>, Box<Shape>> {
        let table = self.0.read();
        let unknown = Tenant::default();
        let entry = table.tenants.get(tenant).unwrap_or(&unknown);
        if let Some(filed) = entry.numbers.get(shape) {
            return Ok(Arc::clone(filed));
        }
        let folded = entry.fold(shape);
        entry.numbers.get(&folded).map(Arc::clone).ok_or_else(|| Box::new(folded))
    }

    /// The shape with a number.
    pub(super) fn get(&self, number: i64) -> Option<Arc<Filed>> {
        self.0.read().by_number.get(&number).cloned()
    }

    /// The number of a tenant, if it is known.
    pub(super) fn tenant(&self, tenant: &str) -> Option<i64> {
        self.0.read().tenants.get(tenant).map(|tenant| tenant.number).filter(|&number| number != 0)
    }

    /// The number of a namespace's zone.
    pub(super) fn zone(&self, tenant: &str, namespace: &str) -> Option<i64> {
        self.0.read().tenants.get(tenant)?.zones.get(namespace).copied()
    }

    /// The zones whose sums make up a scope.
    pub(super) fn zones(&self, scope: &Scope) -> Vec<i64> {
        let table = self.0.read();
        let Some(tenant) = table.tenants.get(scope.of()) else { return Vec::new() };
        match scope.namespaces() {
            Namespaces::All => vec![tenant.number],
            Namespaces::Only(some) => {
                some.iter().filter_map(|name| tenant.zones.get(name)).copied().collect()
            }
        }
    }

    /// The shapes of a scope that pass, in order.
    pub(super) fn numbers(&self, scope: &Scope, passes: impl Fn(&Shape) -> bool) -> Vec<i64> {
        let table = self.0.read();
        let Some(tenant) = table.tenants.get(scope.of()) else { return Vec::new() };
        let shown = |filed: &&Arc<Filed>| scope.shows(&filed.shape.namespace) && passes(&filed.shape);
        let mut numbers: Vec<i64> = tenant.numbers.values().filter(shown).map(|filed| filed.number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The same, for a database whose only writer is this process: its numbers are given here, one after the other.
    pub(super) fn admitted(&self, scope: &Scope, passes: impl Fn(&Shape) -> bool) -> Admitted {
        // Asked before the list is made: what comes after that is in neither.
        let (_, highest) = self.highest();
        let numbers = self.numbers(scope, passes);
        // They are 1 to the highest: all there were.
        if numbers.len() as i64 == highest && numbers.last() == Some(&highest) {
            return Admitted::UpTo(highest);
        }
        Admitted::Some(numbers)
    }
}

/// A shape from its stored columns, in the order verdict, reason, action, direction, provider, model, workload, namespace.
pub(super) fn stored(columns: [String; 8]) -> Result<Shape, StoreError> {
    let [verdict, reason, action, direction, provider, model, workload, namespace] = columns;
    Ok(Shape {
        verdict: closed(&verdict)?,
        reason: if reason.is_empty() { None } else { Some(closed(&reason)?) },
        action: closed(&action)?,
        direction: closed(&direction)?,
        provider,
        model,
        workload,
        namespace,
    })
}

fn closed<T: Named>(name: &str) -> Result<T, StoreError> {
    T::named(name).ok_or_else(|| {
        StoreError::Damaged(format!("`{name}` in table shape is unknown; was it written by a newer version?"))
    })
}
