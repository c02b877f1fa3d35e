//! Promise 1: the same verdict streamed or not, in every dialect, for any split of the bytes. Over generated answers, and over
//! 200 real ones where `AGENTGUARD_DATA` names the folder of labelled data.

use agentguard::provider::Pieces;
use agentguard_e2e::{Case, ask, client, provider};
use agentguard_wire::Dialect;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const CONTEXT: &str = "The Harbour Bridge opened on 4 May 1931 after six years of work. It is 1,149 metres long and carries \
    eight lanes. Its chief engineer was Ida Brandt. Maintenance costs 3.2 million euros a year (see https://bridge.example/costs).";

/// Sentences that are right, wrong, awkward to split or awkward to decode.
const SENTENCES: [&str; 14] = [
    "The Harbour Bridge opened on 4 May 1931.",
    "It is 2,480 metres long.",
    "It carries eight lanes!",
    "Its chief engineer was Oskar Lindqvist, e.g. as Dr. Brandt wrote.",
    "See https://invented.example/report.pdf for more.",
    "Costs: 3.2 million euros (about 8,767 a day).",
    "- eight lanes\n- six years of work\n",
    "| lane | width |\n|---|---|\n| 1 | 3.5 m |\n",
    "```rust\nlet x = 1.0; // a comment. With a period.\n```\n",
    "\u{201c}It opened in 1931,\u{201d} she said\u{2026} \u{1f309}",
    "橋は1931年に開通した。長さは2480メートル。",
    "Is it long? Yes.",
    "2 + 2 = 5.",
    "\u{0}\u{200b}e\u{301}\u{202e}mixed",
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn all_agree(client: &reqwest::Client, case: &Case, chars: usize, step: usize) {
    let pieces = if chars == 0 { Pieces::Tokens } else { Pieces::Chars(chars) };
    let provider = provider(&case.answer, pieces).await;
    for dialect in Dialect::ALL {
        let (whole, unstreamed) = ask(client, &provider, dialect, case, None).await;
        let (summed, streamed) = ask(client, &provider, dialect, case, Some(step)).await;
        assert_eq!(whole.choices[0].text, case.answer, "{dialect}: text of the unstreamed answer");
        assert_eq!(summed.choices[0].text, case.answer, "{dialect}: text of the stream");
        assert_eq!(streamed, unstreamed, "{dialect}, pieces of {chars} characters, reads of {step} bytes");
    }
}

#[test]
fn generated_answers() {
    let (runtime, client) = (runtime(), client());
    let answers = prop::collection::vec(prop::sample::select(&SENTENCES[..]), 1..8);
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    runner
        .run(&(answers, 0_usize..9, 1_usize..200, prop::bool::ANY), |(sentences, chars, step, lines)| {
            let answer = sentences.join(if lines { "\n" } else { " " });
            let case =
                Case { context: CONTEXT.to_owned(), question: "What about the bridge?".to_owned(), answer };
            runtime.block_on(all_agree(&client, &case, chars, step));
            Ok(())
        })
        .expect("every case agrees");
}

#[test]
fn real_answers() {
    let Some(folder) = std::env::var_os("AGENTGUARD_DATA") else {
        println!("skipped: AGENTGUARD_DATA does not name the folder of labelled data");
        return;
    };
    let (runtime, client) = (runtime(), client());
    let file = std::path::Path::new(&folder).join("ragtruth-open-test.jsonl");
    let rows = std::fs::read_to_string(&file).expect("the labelled data is readable");
    for (number, line) in rows.lines().step_by(4).take(200).enumerate() {
        let row: serde_json::Value = serde_json::from_str(line).expect("a JSON row");
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let case = Case { context: field("context"), question: field("question"), answer: field("response") };
        runtime.block_on(all_agree(&client, &case, number % 7, 1 + number * 13 % 400));
    }
}
