use serde_json::Value;

use super::TEXT;

#[test]
fn every_operation_is_described_with_an_example_and_nothing_dangles() {
    let text = TEXT.as_ref().unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            let ok = &operation["responses"]["200"];
            let content =
                ok["content"].as_object().unwrap_or_else(|| panic!("{method} {path} answers nothing"));
            for (kind, content) in content {
                assert!(!content["example"].is_null(), "{method} {path} {kind} has no example");
            }
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{method} {path}");
            assert!(operation["responses"]["default"]["content"]["application/problem+json"].is_object());
            if let Some(body) = operation.get("requestBody") {
                assert!(!body["content"]["application/json"]["example"].is_null(), "{method} {path}");
            }
        }
    }
    assert_eq!(operations, 55);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is referred to and not there");
    }
}
