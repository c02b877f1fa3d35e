//! Time to prepare the evidence and to judge an answer, on inputs of a usual size written for this project.
//!
//! Targets: ≤ 20 µs for an answer of 600 characters and as much evidence each, and the same time a byte up to 256 KiB.
//! `examples/cost` measures hostile texts, streaming and memory.

use std::hint::black_box;
use std::sync::Arc;

use agentguard_judge::{Evidence, Input, Session, Settings};
use agentguard_wire::{Answer, Choice, Dialect, Message, Part, Request, Role};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// One of ten sections of a handbook; numbers and names differ from section to section.
fn section(n: usize) -> String {
    let town = ["Rotterdam", "Lyon", "Porto", "Tampere", "Graz"][n % 5];
    format!(
        "Section {n}. The depot in {town} was opened on {} March 20{:02} and employs {} people. It ships about {}.{} million parcels a year, \
         {}% of them to the north. Drivers start at {}:30 am and must not drive more than {} hours a day. A parcel of up to {} kg costs \
         €{}.50; insurance for another €{} covers losses up to €{},000. Claims are sent to claims-{n}@parcels.test within {} days, with a \
         photo of the damage, and are settled by the office of Ms. Vermeer unless the Transport Commission decides otherwise.\n\n",
        n + 3,
        10 + n,
        40 + 7 * n,
        2 + n,
        n,
        30 + n,
        5 + n % 3,
        6 + n % 4,
        10 + n,
        4 + n,
        2 + n,
        1 + n,
        14 + n
    )
}

fn rag() -> (Request, String) {
    let context: String = (1..=9).map(section).collect();
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!(
        "Answer from the context only.\n\nContext:\n{context}\nQuestion: How does the depot in Porto work, and what does a parcel cost?"
    );
    request.messages.push(Message {
        role: Role::System,
        parts: vec![Part::Text("You are a helpful assistant of Parcels.".into())],
    });
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    let answer = "The depot in Porto was opened on 5 March 2012 and employs 54 people. It ships about 4.2 million parcels a year, and 32% of them go \
                  to the north. Drivers start at 7:30 am and must not drive more than eight hours a day.\n\n\
                  - A parcel of up to 12 kg costs €6.50.\n- Insurance costs another €4 and covers losses up to €3,000.\n\n\
                  Claims go to claims-2@parcels.test within 16 days, with a photo of the damage. They are settled by the office of Ms. Vermeer, \
                  although in 2021 the European Court in Luxembourg changed the rules for 120 carriers.";
    (request, answer.to_owned())
}

fn structured() -> (Request, String) {
    let json = r#"{"name": "Harbour Grill", "address": "12 Quay St", "city": "Goleta", "state": "CA", "categories": "Seafood, Restaurants",
 "hours": {"Monday": "11:0-21:0", "Tuesday": "11:0-21:0", "Friday": "11:0-23:0", "Saturday": "9:0-23:0", "Sunday": "9:0-20:0"},
 "attributes": {"BusinessParking": {"valet": false, "garage": false, "street": true, "lot": true, "validated": false},
 "RestaurantsReservations": false, "OutdoorSeating": true, "WiFi": "no", "RestaurantsTakeOut": true, "Music": null,
 "Ambience": {"romantic": false, "casual": true, "classy": false, "trendy": false}}, "business_stars": 3.5,
 "review_info": [{"review_stars": 5.0, "review_text": "Best oysters on the coast, and the staff remembers you. We came on a Sunday and waited ten minutes."},
 {"review_stars": 2.0, "review_text": "Cold fries, and nobody came to ask for twenty minutes. The view makes up for some of it."}]}"#;
    let mut request = Request::new(Dialect::OpenaiChat);
    let prompt = format!(
        "Write an overview of this business from the structured data only.\nStructured data:\n{json}\nOverview:"
    );
    request.messages.push(Message { role: Role::User, parts: vec![Part::Text(prompt)] });
    let answer = "Harbour Grill is a seafood restaurant at 12 Quay St in Goleta, CA, with 3.5 stars. It is open from 11 am to 9 pm on Monday and \
                  Tuesday and from 9 am to 11 pm on Saturday. The ambience is casual. There is outdoor seating, and street and lot parking are \
                  available, but no valet or garage parking. It offers free WiFi and takes reservations. One guest praised the oysters and the \
                  staff, while another waited twenty minutes and got cold fries, though the view made up for some of it.";
    (request, answer.to_owned())
}

fn answer(text: &str) -> Answer {
    Answer { choices: vec![Choice { text: text.to_owned(), ..Choice::default() }], ..Answer::default() }
}

fn benches(criterion: &mut Criterion) {
    for (name, (request, text)) in [("rag", rag()), ("json", structured())] {
        let size = request
            .messages
            .iter()
            .flat_map(|m| &m.parts)
            .map(|p| if let Part::Text(t) = p { t.len() } else { 0 })
            .sum::<usize>();
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("gather {size} bytes"), |b| {
            b.iter(|| Evidence::gather(black_box(&request)));
        });
        let evidence = Arc::new(Evidence::gather(&request));
        let whole = answer(&text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("judge {} bytes", text.len()), |b| {
            b.iter(|| Session::judge(Arc::clone(&evidence), Settings::default(), black_box(&whole)));
        });
        let pieces: Vec<&str> = text.split_inclusive(' ').collect();
        group.bench_function("judge streamed by words", |b| {
            b.iter(|| {
                let mut session = Session::new(Arc::clone(&evidence), Settings::default());
                for piece in &pieces {
                    black_box(session.step(Input::Text { choice: 0, text: piece }));
                }
                session.finish()
            });
        });
        group.finish();
    }
}

/// Time by size: a byte must cost the same in long texts as in short ones. The handbook is the evidence and the answer.
fn sizes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("size");
    group.sample_size(10);
    for kib in [1_usize, 4, 16, 64, 256] {
        let mut text: String = (1..).map(section).take(kib * 2 + 2).collect();
        text.truncate(text.floor_char_boundary(kib << 10));
        let mut request = Request::new(Dialect::OpenaiChat);
        request.messages.push(Message { role: Role::System, parts: vec![Part::Text(text.clone())] });
        let whole = answer(&text);
        group.throughput(Throughput::Bytes(2 * text.len() as u64));
        group.bench_function(format!("gather and judge {kib} KiB"), |b| {
            b.iter(|| {
                let evidence = Arc::new(Evidence::gather(black_box(&request)));
                Session::judge(evidence, Settings::default(), &whole)
            });
        });
    }
    group.finish();
}

criterion_group!(judge, benches, sizes);
criterion_main!(judge);
