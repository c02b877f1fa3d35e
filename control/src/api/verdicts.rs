//! The list, its facets, and single verdicts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use agentguard_api::query::{Facets, VerdictFilter, VerdictItem, VerdictPage};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::json;
use super::params::Params;
use super::range::{Range, RangeParams};
use crate::clock;
use crate::http::{ApiError, App, Caller};
use crate::store::{Facet, Filter, Misses, Position};

/// Items of a page, unless asked for fewer or more.
const LIMIT: usize = 50;
/// Items of the largest page.
const MAX_LIMIT: usize = 500;
/// Words of a search.
const WORDS: usize = 8;
/// Values listed of one facet, the most frequent ones.
const FACET_VALUES: usize = 100;

/// List verdicts.
#[utoipa::path(get, path = "/api/v1/verdicts", operation_id = "list_verdicts", tag = "verdicts",
    params(
        ("limit" = Option<u16>, Query, description = "Items of a page, 1 to 500. Default 50.", example = 50),
        ("cursor" = Option<String>, Query, description = "`next` of the page before."),
        RangeParams, VerdictFilter,
    ),
    responses((status = 200, body = VerdictPage, description = "Newest first. A search that takes too long answers with what it \
        has, possibly nothing, and a `next` to go on from.")))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
) -> Result<Response, ApiError> {
    let limit = params.parsed("limit", "a number from 1 to 500")?.unwrap_or(LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::parameter("limit", format!("must be from 1 to {MAX_LIMIT}")));
    }
    let after = match params.text("cursor")? {
        Some(cursor) => Some(Position::from_cursor(&cursor).ok_or_else(|| {
            ApiError::parameter("cursor", "is none of ours; take it from `next` of the page before")
        })?),
        None => None,
    };
    let filter = filter(&mut params)?;
    params.end()?;
    let page =
        app.store.page(caller.scope(), &filter, after, limit, Instant::now() + app.limits.scan_time).await?;
    let next = page.next.map_or("null".to_owned(), |next| format!("\"{}\"", next.cursor()));
    Ok(json(format!("{{\"items\":[{}],\"next\":{next}}}", page.items.join(","))))
}

/// Count verdicts by value.
#[utoipa::path(get, path = "/api/v1/verdicts/facets", operation_id = "count_verdicts", tag = "verdicts", params(RangeParams, VerdictFilter),
    responses((status = 200, description = "Counts by value for the same filters, except \
        that a field's own filter does not apply to its values: they are what one could switch to.", body = Facets)))]
pub(crate) async fn facets(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<Facets>, ApiError> {
    let filter = filter(&mut params)?;
    params.end()?;
    let counts = app.store.counts(caller.scope(), &filter, Instant::now() + app.limits.scan_time).await?;
    let mut total = 0;
    let mut facets: BTreeMap<Facet, BTreeMap<String, u64>> = BTreeMap::new();
    for (shape, n) in counts.by_shape {
        let misses = filter.misses(&shape);
        if misses == Misses::None {
            total += n;
        }
        for facet in Facet::ALL {
            let values = facets.entry(facet).or_default();
            let value = facet.of(&shape);
            if !value.is_empty() && (misses == Misses::None || misses == Misses::One(facet)) {
                *values.entry(value.to_owned()).or_default() += n;
            }
        }
    }
    let facets = facets
        .into_iter()
        .map(|(facet, values)| (facet.name().to_owned(), most_frequent(values, &filter, facet)))
        .collect();
    Ok(Json(Facets { facets, total, partial: counts.partial }))
}

/// The most frequent values; also rare ones when they are chosen, which is how they can be let go of.
fn most_frequent(values: BTreeMap<String, u64>, filter: &Filter, facet: Facet) -> BTreeMap<String, u64> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let rare = values.split_off(values.len().min(FACET_VALUES));
    let chosen = filter.chosen(facet);
    values.into_iter().chain(rare.into_iter().filter(|(value, _)| chosen.contains(&value.as_str()))).collect()
}

/// Show one verdict.
#[utoipa::path(get, path = "/api/v1/verdicts/{id}", operation_id = "show_verdict", tag = "verdicts",
    params(
        ("id" = Uuid, Path, description = "The verdict; also the `x-agentguard-id` of the exchange."),
        ("content" = Option<bool>, Query, description = "`false`: without the content, which then counts as not read. Default `true`."),
    ),
    responses((status = 200, description = "The list item and what became of its content (`content_state`); for callers with the permission \
        `content:read`, with `content`, which is then written to the audit log.", body = VerdictItem)))]
pub(crate) async fn detail(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    mut params: Params,
) -> Result<Response, ApiError> {
    let wanted = params.parsed("content", "true or false")?.unwrap_or(true);
    params.end()?;
    let id: Uuid = id.parse().map_err(|_| ApiError::parameter("id", "must be a UUID"))?;
    let detail = app.store.verdict(caller.scope(), id).await?.ok_or(ApiError::NotFound("verdict"))?;
    let (state, content) = super::content::beside(&app, &caller, id, &detail, wanted).await?;
    let mut body = detail.item;
    // The item is an object with members: its last brace makes room for more.
    body.truncate(body.len() - 1);
    body.push_str(",\"content_state\":");
    body.push_str(&serde_json::to_string(&state).map_err(|_| ApiError::Store)?);
    if let Some(content) = content {
        body.push_str(",\"content\":");
        body.push_str(&content);
    }
    body.push('}');
    Ok(json(body))
}

/// The conditions that list, facets and tail share.
pub(crate) fn filter(params: &mut Params) -> Result<Filter, ApiError> {
    let Range { from, to } = Range::take(params, clock::now())?;
    let min_risk = params.parsed::<f32>("min_risk", "a number from 0 to 1")?;
    if min_risk.is_some_and(|r| !(0.0..=1.0).contains(&r)) {
        return Err(ApiError::parameter("min_risk", "must be a number from 0 to 1"));
    }
    let words = params.text("q")?.unwrap_or_default().to_lowercase();
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    if words.len() > WORDS {
        return Err(ApiError::parameter("q", format!("holds more than {WORDS} words")));
    }
    let instance = params
        .list("instance")?
        .iter()
        .map(|id| id.parse().map_err(|_| ApiError::parameter("instance", "must be UUIDs")))
        .collect::<Result<_, _>>()?;
    Ok(Filter {
        from,
        to,
        verdict: params.named("verdict")?,
        action: params.named("action")?,
        reason: params.named("reason")?,
        direction: params.named("direction")?,
        provider: params.list("provider")?,
        model: params.list("model")?,
        workload: params.list("workload")?,
        instance,
        min_risk,
        words,
    })
}
