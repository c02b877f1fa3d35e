//! Google's `Schema` (OpenAPI 3.0 style, protobuf JSON) → JSON Schema: type names in lower case, `nullable` as a type,
//! 64-bit numbers that protobuf writes as strings as numbers.

use serde_json::{Map, Value, json};

/// Deeper schemas are left as they are.
const MAX_DEPTH: usize = 64;

/// The JSON Schema that says the same.
pub(super) fn normalised(schema: &Value) -> Value {
    convert(schema, 0)
}

fn convert(schema: &Value, depth: usize) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    if depth > MAX_DEPTH {
        return schema.clone();
    }
    let inner = |value: &Value| convert(value, depth + 1);
    let mut out = Map::new();
    for (name, value) in fields {
        let name = camel(name);
        let value = match (name.as_str(), value) {
            ("type", Value::String(kind)) if kind == "TYPE_UNSPECIFIED" => continue,
            ("type", Value::String(kind)) => Value::String(kind.to_ascii_lowercase()),
            ("nullable" | "propertyOrdering", _) => continue,
            ("properties" | "defs", Value::Object(properties)) => {
                properties.iter().map(|(key, value)| (key.clone(), inner(value))).collect()
            }
            ("items" | "additionalProperties", value) => inner(value),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter().map(inner).collect()
            }
            (
                "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties",
                Value::String(number),
            ) => number.parse::<u64>().map_or_else(|_| value.clone(), Value::from),
            _ => value.clone(),
        };
        out.insert(if name == "defs" { "$defs".to_owned() } else { name }, value);
    }
    if fields.get("nullable").and_then(Value::as_bool) == Some(true) {
        nullable(&mut out);
    }
    Value::Object(out)
}

fn nullable(schema: &mut Map<String, Value>) {
    if let Some(kind) = schema.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = json!([kind.take(), "null"]);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    if let Some(Value::Array(schemas)) = schema.get_mut("anyOf") {
        schemas.push(json!({"type": "null"}));
    }
}

/// `any_of` → `anyOf`.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for ch in name.chars() {
        match ch {
            '_' if !out.is_empty() => upper = true,
            _ if std::mem::take(&mut upper) => out.push(ch.to_ascii_uppercase()),
            _ => out.push(ch),
        }
    }
    out
}
