//! Whether a value fits its declaration. Written apart from the judge's own check, which could not be its own referee: only the
//! words that the leaderboard's declarations use, types under its own names (`dict`, `float`, `tuple`, `any`) included.

use serde_json::{Map, Value};

/// Whether the value fits. Undeclared properties are left aside, as JSON Schema does unless told otherwise.
pub(super) fn fits(value: &Value, schema: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return true };
    is_of_type(value, schema) && is_allowed(value, schema) && holds(value, schema) && each_fits(value, schema)
}

/// The declared properties.
pub(super) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// Whether a function may be given an argument of that name: a declaration of arguments is read as the whole list of them, unless
/// it says otherwise.
pub(super) fn declares(schema: &Value, name: &str) -> bool {
    let open = schema.get("additionalProperties").is_some_and(|any| *any != Value::Bool(false));
    open || properties(schema).is_none_or(|declared| declared.contains_key(name))
}

/// The names of the required properties.
pub(super) fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn is_of_type(value: &Value, schema: &Map<String, Value>) -> bool {
    let named = |name: &Value| name.as_str().is_none_or(|name| is_a(value, name));
    let nullable = schema.get("nullable") == Some(&Value::Bool(true)) && value.is_null();
    nullable
        || match schema.get("type") {
            None => true,
            Some(Value::Array(names)) => names.iter().any(named),
            Some(name) => named(name),
        }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "string" | "str" => value.is_string(),
        "integer" | "int" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" | "float" | "double" => value.is_number(),
        "boolean" | "bool" => value.is_boolean(),
        "object" | "dict" => value.is_object(),
        "array" | "list" | "tuple" => value.is_array(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn is_allowed(value: &Value, schema: &Map<String, Value>) -> bool {
    let listed = schema.get("enum").and_then(Value::as_array).is_none_or(|allowed| allowed.contains(value));
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let within = value.as_f64().is_none_or(|number| {
        limit("minimum").is_none_or(|least| least <= number)
            && limit("maximum").is_none_or(|most| number <= most)
    });
    listed && within
}

fn holds(value: &Value, schema: &Map<String, Value>) -> bool {
    let Some(object) = value.as_object() else { return true };
    let whole = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    whole.filter_map(Value::as_str).all(|name| object.contains_key(name))
}

fn each_fits(value: &Value, schema: &Map<String, Value>) -> bool {
    match value {
        Value::Object(object) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            object.iter().all(|(name, value)| {
                properties
                    .and_then(|properties| properties.get(name))
                    .is_none_or(|schema| fits(value, schema))
            })
        }
        Value::Array(items) => {
            schema.get("items").is_none_or(|schema| items.iter().all(|item| fits(item, schema)))
        }
        _ => true,
    }
}
