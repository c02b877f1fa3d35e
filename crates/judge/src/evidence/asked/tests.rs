use super::question;

#[test]
fn the_question_is_found_among_the_words_around_it() {
    let cases = [
        ("how to clean a screen", "how to clean a screen"),
        ("Who wrote it, and when?", "Who wrote it, and when?"),
        ("Explain how photosynthesis works.", "Explain how photosynthesis works."),
        ("List the opening hours.", "List the opening hours."),
        ("Question: who wrote it?\nAnswer:", "who wrote it?"),
        ("Answer the question using only the context.\n\nQuestion: who wrote it?", "who wrote it?"),
        ("Use the passages below. When did it open? Answer in one sentence.", "When did it open?"),
        ("Answer this question: when did it open", "when did it open"),
        ("Please answer briefly: when did it open?", "when did it open?"),
        (
            "Briefly answer the following question:\nhow to clean a screen\nBear in mind that your response should be strictly based on the \
             following passages:\n\nIn case the passages do not contain the necessary information to answer the question, please reply with: \
             \"Unable to answer based on given passages.\"\noutput:",
            "how to clean a screen",
        ),
        (
            "You are a helpful clerk.\nI was charged twice for order 12. What can I do?\nBe concise.",
            "What can I do?",
        ),
    ];
    for (request, wanted) in cases {
        assert_eq!(question(request), wanted, "in {request:?}");
    }
}

#[test]
fn a_request_about_the_whole_material_asks_nothing_in_particular() {
    for request in [
        "",
        "   \n",
        "Summarize the following news within 100 words:\n\noutput:",
        "Please summarize the text above in two sentences.",
        "Instruction:\nWrite an objective overview about the following local business based only on the provided structured data in the JSON \
         format. Don't make up information.\nStructured data:\n\nOverview:",
    ] {
        assert_eq!(question(request), "", "in {request:?}");
    }
}

#[test]
fn of_a_long_request_the_end_is_read() {
    let request = format!("{}\nWhere is the key?", "Ünrelated words of no use. ".repeat(400));
    assert_eq!(question(&request), "Where is the key?");
}
