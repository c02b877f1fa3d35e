//! A scripted provider to try clients against: `cargo run -p agentguard --example provider -- 127.0.0.1:8321`.
//!
//! It answers by what the question holds: "weather" calls a tool, "refuse" refuses, "error 401|429|500" fails, anything
//! else gets two sentences.

#![allow(clippy::print_stderr, reason = "it talks to a terminal")]

use agentguard::provider::{Fault, Pace, Provider, ProviderError, Reply, Said, Script};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let said = Said { refusal: "I can't help with that.".to_owned(), ..Said::default() };
    let script = Script::new()
        .on_text("weather", Reply::call("get_weather", r#"{"city":"Bergen","days":2}"#))
        .on_text("refuse", Reply::said(said))
        .on_text("error 401", Reply::error(ProviderError::Unauthorized))
        .on_text("error 429", Reply::error(ProviderError::RateLimited(1)))
        .on_text("error 500", Reply::error(ProviderError::Internal))
        .on_text("break off", Reply::text("It rains. Often.").faulty(Fault::ErrorEvent(3)))
        .on(
            |_| true,
            Reply::text("Bergen lies on the west coast. It rains on 239 days a year.").paced(Pace::HUMAN),
        );
    let provider = Provider::start_live(address, script).await?;
    eprintln!("a provider for every dialect at http://{}", provider.address());
    std::future::pending().await
}
