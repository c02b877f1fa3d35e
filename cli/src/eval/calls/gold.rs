//! Gold calls: for each argument the leaderboard lists the values that are right, `""` among them for "may be left out".

use serde_json::{Map, Value};

use super::schema::{declares, fits, properties, required};

/// The arguments, each with its first value that fits the declaration; those that may be left out are. `None`: they do not
/// fit, or one of them is not declared.
pub(super) fn arguments(allowed: &Value, schema: &Value) -> Option<Value> {
    let whole = first_values(allowed, schema)?;
    let known = whole.as_object().is_some_and(|all| all.keys().all(|name| declares(schema, name)));
    (known && fits(&whole, schema)).then_some(whole)
}

fn first_values(allowed: &Value, schema: &Value) -> Option<Value> {
    let mut out = Map::new();
    for (name, values) in allowed.as_object()? {
        let needed = required(schema).any(|required| required == name);
        let inner = properties(schema).and_then(|all| all.get(name)).unwrap_or(&Value::Null);
        let values = values.as_array().map_or(std::slice::from_ref(values), Vec::as_slice);
        if !needed && values.iter().any(|value| value == "") {
            continue;
        }
        let candidates = || values.iter().filter_map(|value| plain(value, inner));
        // A required text may rightly be empty, but only where nothing else is listed.
        let filled = candidates().filter(|value| value != "").find(|value| fits(value, inner));
        let value = filled.or_else(|| candidates().find(|value| fits(value, inner)))?;
        out.insert(name.clone(), value);
    }
    Some(Value::Object(out))
}

/// One allowed value. Objects in it list allowed values again.
fn plain(value: &Value, schema: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => first_values(value, schema),
        Value::Array(items) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            items.iter().map(|item| plain(item, inner)).collect()
        }
        scalar => Some(scalar.clone()),
    }
}
