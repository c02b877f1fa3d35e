//! Tool declarations as JSON Schema validators.

use std::collections::HashMap;
use std::sync::OnceLock;

use agentguard_wire::Tool;
use jsonschema::Validator;
use serde_json::{Map, Value};

/// The validators of the declared tools, by name. Each is compiled when its tool is first called: most never are.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    by_name: HashMap<String, Lazy>,
}

#[derive(Debug, Default)]
struct Lazy {
    parameters: Option<Value>,
    compiled: OnceLock<Option<Validator>>,
}

/// Tools known; more than any provider allows.
const MAX_TOOLS: usize = 1_024;
/// Schemas within schemas that are read.
const MAX_DEPTH: usize = 64;

impl Schemas {
    pub(crate) fn new(tools: &[Tool]) -> Self {
        let lazy = |tool: &Tool| Lazy { parameters: tool.parameters.clone(), compiled: OnceLock::new() };
        Self { by_name: tools.iter().take(MAX_TOOLS).map(|tool| (tool.name.clone(), lazy(tool))).collect() }
    }

    /// Whether any tool was declared.
    pub(crate) fn any(&self) -> bool {
        !self.by_name.is_empty()
    }

    /// `None`: no such tool; `Some(None)`: a tool without a usable schema. A schema that is none validates nothing: the
    /// client's mistake is not the model's.
    pub(crate) fn get(&self, name: &str) -> Option<Option<&Validator>> {
        let lazy = self.by_name.get(name)?;
        let compile = || {
            let schema = lazy.parameters.as_ref()?;
            let mut schema = standard(schema, 0);
            close(&mut schema, 0);
            jsonschema::draft202012::new(&schema).ok()
        };
        Some(lazy.compiled.get_or_init(compile).as_ref())
    }
}

/// The schema in standard words: providers and frameworks also say `STRING`, `dict`, `float`, `any`, `tuple`.
fn standard(schema: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Bool(true);
    }
    match schema {
        Value::Object(map) => Value::Object(standard_object(map, depth)),
        Value::Array(items) => Value::Array(items.iter().map(|item| standard(item, depth + 1)).collect()),
        other => other.clone(),
    }
}

fn standard_object(map: &Map<String, Value>, depth: usize) -> Map<String, Value> {
    let mut out = Map::new();
    let nullable = map.get("nullable").and_then(Value::as_bool).unwrap_or(false);
    for (key, value) in map {
        match (key.as_str(), value) {
            ("type", Value::String(name)) => {
                if let Some(name) = type_name(name) {
                    let name = Value::String(name.to_owned());
                    out.insert(
                        key.clone(),
                        if nullable { Value::Array(vec![name, "null".into()]) } else { name },
                    );
                }
            }
            // Property names may be called `type`: their values are schemas, not type names.
            ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(properties)) => {
                let each =
                    properties.iter().map(|(name, schema)| (name.clone(), standard(schema, depth + 1)));
                out.insert(key.clone(), Value::Object(each.collect()));
            }
            ("enum" | "const" | "default" | "examples" | "example" | "required", value) => {
                out.insert(key.clone(), value.clone());
            }
            (_, value) => {
                out.insert(key.clone(), standard(value, depth + 1));
            }
        }
    }
    out
}

/// Words that make an object's properties more than those listed beside them.
const COMBINING: [&str; 9] =
    ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "dependencies"];
/// Words that say themselves which other properties there may be.
const OPENING: [&str; 4] =
    ["additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames"];

/// Takes declared properties for all that there are, unless the schema says otherwise. JSON Schema leaves an object open; but who
/// declares a function's parameters lists them all, and an argument that the function does not know was invented. Only objects
/// reached by way of `properties` and `items` are closed: what references and combinations join is not seen from one place.
fn close(schema: &mut Value, depth: usize) {
    let Some(map) = schema.as_object_mut().filter(|_| depth <= MAX_DEPTH) else { return };
    if COMBINING.iter().any(|word| map.contains_key(*word)) {
        return;
    }
    // A function may have no parameters; an inner object without declared properties is a map.
    let declares = |listed: &Map<String, Value>| depth == 0 || !listed.is_empty();
    let listed = map.get("properties").and_then(Value::as_object).is_some_and(declares);
    if listed && !OPENING.iter().any(|word| map.contains_key(*word)) {
        map.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    let properties = map.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut).for_each(|inner| close(inner, depth + 1));
    match map.get_mut("items") {
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| close(item, depth + 1)),
        Some(item) => close(item, depth + 1),
        None => {}
    }
}

/// JSON Schema's word for a type; `None`: any.
fn type_name(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "string" | "str" | "char" => "string",
        "integer" | "int" | "long" | "int64" | "int32" => "integer",
        "number" | "float" | "double" | "decimal" => "number",
        "boolean" | "bool" => "boolean",
        "object" | "dict" | "map" | "hashmap" => "object",
        "array" | "list" | "tuple" | "arraylist" => "array",
        "null" | "none" => "null",
        _ => return None,
    })
}
