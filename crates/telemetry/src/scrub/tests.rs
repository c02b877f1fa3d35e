use super::*;

#[test]
fn queries_are_cut() {
    let line = "Fail to proxy: Downstream ReadError, status: 502, POST /v1beta/models/gemini:generateContent?key=AIza,1&alt=sse, Host: g.example:443";
    let shown = scrub(line);
    assert!(!shown.contains("AIza") && !shown.contains("alt=sse"), "{shown}");
    assert!(
        shown.contains("POST /v1beta/models/gemini:generateContent?…")
            && shown.ends_with("Host: g.example:443")
    );
}

#[test]
fn raw_heads_are_cut() {
    let line = r"InvalidHTTPHeader context: buf: GET / HTTP/1.1\r\nAuthorization: Bearer sk-1\r\n cause: invalid header";
    assert_eq!(scrub(line), "InvalidHTTPHeader context: buf: […]");
}

#[test]
fn other_lines_stay_as_they_are() {
    for line in ["", "Server starting", "done?", "why? because", "é? ü"] {
        assert_eq!(scrub(line), line);
    }
    assert!(matches!(scrub("Server starting"), Cow::Borrowed(_)));
}
