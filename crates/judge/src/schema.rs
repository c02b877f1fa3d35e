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
            close(&mut schema);
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

/// Words beside `properties` that say, or may say, which other properties there are.
const OPENING: [&str; 13] = [
    "additionalProperties",
    "patternProperties",
    "unevaluatedProperties",
    "propertyNames",
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "dependentSchemas",
    "dependencies",
];

/// Takes a function's declared parameters for all that there are, unless the schema says otherwise. JSON Schema leaves an object
/// open; but who declares parameters lists them all, and an argument that the function does not know was invented. Objects within
/// stay as they are: their properties are often examples ("replace with actual names").
fn close(parameters: &mut Value) {
    let Some(map) = parameters.as_object_mut() else { return };
    let listed = map.get("properties").is_some_and(Value::is_object);
    if listed && !OPENING.iter().any(|word| map.contains_key(*word)) {
        map.insert("additionalProperties".to_owned(), Value::Bool(false));
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
