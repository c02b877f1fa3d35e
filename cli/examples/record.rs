//! Records the demo's conversations into a folder, one request and one response file each, as `agentguard score` reads
//! them: `cargo run -p agentguard --example record -- FOLDER`.

#![allow(clippy::print_stderr, reason = "it talks to a terminal")]

use std::error::Error;
use std::path::PathBuf;

use agentguard::demo::{conversation, request};
use agentguard::provider::{Provider, Script};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give a folder")?);
    std::fs::create_dir_all(&folder)?;
    let all = conversation::all()?;
    let script =
        all.iter().fold(Script::new(), |script, one| script.on_text(one.case.ask.clone(), one.reply()));
    let provider = Provider::start("127.0.0.1:0", script).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    for one in &all {
        let (path, body) = request::build(one);
        let url = format!("http://{}{path}", provider.address());
        let answer = client.post(url).json(&body).send().await?.bytes().await?;
        std::fs::write(
            folder.join(format!("{}.request.json", one.case.id)),
            serde_json::to_vec_pretty(&body)?,
        )?;
        std::fs::write(folder.join(format!("{}.response.txt", one.case.id)), answer)?;
    }
    eprintln!("{} conversations recorded in {}", all.len(), folder.display());
    Ok(())
}
