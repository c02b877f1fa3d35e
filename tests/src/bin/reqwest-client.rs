//! `reqwest-client plain|stream|bank`: one call by reqwest, as its users write it. Prints what came.
#![allow(clippy::print_stdout, reason = "what it is for")]

use std::error::Error;

use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let what = std::env::args().nth(1).unwrap_or_default();
    let question = "Context: The invoice is due on 12 March 2026.\n\nQuestion: When is the invoice due?";
    let body = json!({"model": "gpt-4o", "stream": what == "stream", "messages": [{"role": "user", "content": question}]});
    let client = reqwest::Client::new();
    let asked = if what == "bank" {
        client.get("https://bank.test/balance")
    } else {
        client.post("https://api.openai.com/v1/chat/completions").json(&body)
    };
    println!("{}", asked.send().await?.error_for_status()?.text().await?);
    Ok(())
}
