//! One of the answers asked for, being judged.

use std::collections::BTreeMap;

use agentguard_encoder::{Score, Window};
use agentguard_wire::TokenLogprob;

use super::spans;
use super::waiting::{Judged, Queue, Reading, Task};
use crate::claims::{Claim, Form, Splitter};
use crate::encoding;
use crate::score::{Scorer, Tally, fusion, sigmoid};
use crate::settings::Signal;
use crate::signals::consistency::Consistency;
use crate::signals::examine::examine;
use crate::signals::grounding::Before;
use crate::signals::logprobs::Confidence;
use crate::signals::speech::Speech;
use crate::signals::{Analysis, Finding, Rule, Scratch, tool_calls};
use crate::{Evidence, Settings, Span};

/// What judging a piece needs besides the choice.
pub(super) struct Context<'s> {
    pub evidence: &'s Evidence,
    pub settings: &'s Settings,
    pub tally: &'s mut Tally,
    pub scratch: &'s mut Scratch,
    /// For the encoder, in order.
    pub tasks: &'s mut Vec<Task>,
    pub readings: &'s mut Readings,
}

/// How often the encoder was asked, and how often it did not answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readings {
    pub asked: u32,
    pub missed: u32,
}

/// Bytes of one call's arguments that are gathered from a stream; a call with more is not judged.
const MAX_ARGUMENTS: usize = 4 << 20;
/// Calls gathered at a time.
const MAX_CALLS: usize = 1_024;

/// One answer.
pub(super) struct Choice {
    number: u32,
    splitter: Splitter,
    scorer: Scorer,
    before: Before,
    /// The end of the text before, as the encoder is shown it.
    lead: encoding::Before,
    waiting: Queue,
    consistency: Consistency,
    confidence: Confidence,
    calls: BTreeMap<u32, (String, String)>,
    /// The format kept a refusal apart from the text.
    pub refused: bool,
    /// Sentences judged.
    pub sentences: u32,
    /// Calls judged.
    pub judged_calls: u32,
    /// Sentences that state something.
    pub claims: u32,
}

impl Choice {
    pub(super) fn new(number: u32, fenced_json: bool) -> Self {
        Self {
            number,
            splitter: Splitter::new(fenced_json),
            scorer: Scorer::default(),
            before: Before::default(),
            lead: encoding::Before::default(),
            waiting: Queue::default(),
            consistency: Consistency::default(),
            confidence: Confidence::default(),
            calls: BTreeMap::new(),
            refused: false,
            sentences: 0,
            judged_calls: 0,
            claims: 0,
        }
    }

    pub(super) fn settled(&self) -> usize {
        let split = self.splitter.settled();
        self.waiting.begins().map_or(split, |begins| begins.min(split))
    }

    /// Whether the encoder owes a reading.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes the encoder's reading of a sentence; `None`: there will be none.
    pub(super) fn read(
        &mut self,
        context: &mut Context<'_>,
        number: u64,
        scores: Option<Vec<Score>>,
    ) -> Vec<Span> {
        self.waiting.read(number, scores);
        self.advance(context)
    }

    /// No more readings will come.
    pub(super) fn skip(&mut self, context: &mut Context<'_>) -> Vec<Span> {
        self.waiting.skip();
        self.advance(context)
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Vec<Span> {
        let mut spans = Vec::new();
        while let Some((judged, reading)) = self.waiting.next() {
            if let Some(answer) = &reading {
                context.readings.asked += 1;
                context.readings.missed += u32::from(answer.is_none());
            }
            spans.extend(self.conclude(context, judged, reading.flatten().as_ref()));
        }
        spans
    }

    pub(super) fn text(&mut self, context: &mut Context<'_>, text: &str) -> Vec<Span> {
        self.claims(context, |splitter, each| splitter.push(text, each))
    }

    pub(super) fn boundary(&mut self, context: &mut Context<'_>) -> Vec<Span> {
        self.claims(context, |splitter, each| splitter.finish(each))
    }

    fn claims(
        &mut self,
        context: &mut Context<'_>,
        feed: impl FnOnce(&mut Splitter, &mut dyn FnMut(Claim)),
    ) -> Vec<Span> {
        let mut splitter = std::mem::replace(&mut self.splitter, Splitter::new(false));
        let mut spans = Vec::new();
        feed(&mut splitter, &mut |claim| spans.extend(self.claim(context, claim)));
        self.splitter = splitter;
        spans
    }

    pub(super) fn logprobs(&mut self, tokens: &[TokenLogprob]) {
        self.confidence.tokens(tokens);
    }

    /// Spans of low confidence, once everything has arrived.
    pub(super) fn unsure(&self, settings: &Settings) -> Vec<Span> {
        if !settings.signals.has(Signal::Logprobs) {
            return Vec::new();
        }
        let risk = self.scorer.finding(Rule::Unsure, None);
        let span = |(start, end)| Span {
            choice: self.number,
            call: None,
            start,
            end,
            kind: Rule::Unsure.kind(),
            risk,
            evidence: None,
        };
        self.confidence.unsure().map(span).collect()
    }

    pub(super) fn gather_call(&mut self, call: u32, name: &str, fragment: &str) {
        if self.calls.len() >= MAX_CALLS && !self.calls.contains_key(&call) {
            return;
        }
        let (gathered, arguments) = self.calls.entry(call).or_default();
        gathered.push_str(name);
        if arguments.len() <= MAX_ARGUMENTS {
            arguments.push_str(fragment);
        }
    }

    pub(super) fn take_call(&mut self, call: u32) -> Option<(String, String)> {
        self.calls.remove(&call)
    }

    pub(super) fn tool_call(
        &mut self,
        context: &mut Context<'_>,
        call: u32,
        name: &str,
        arguments: &str,
    ) -> Vec<Span> {
        self.judged_calls += 1;
        if !context.settings.signals.has(Signal::ToolCalls) || arguments.len() > MAX_ARGUMENTS {
            return Vec::new();
        }
        let mut spans = Vec::new();
        for finding in tool_calls::find(context.evidence, name, arguments) {
            let risk = self.scorer.finding(finding.rule, None);
            context.tally.finding(risk);
            let (start, end) = crate::text::chars::range(arguments, finding.start, finding.end);
            let kind = finding.rule.kind();
            spans.push(Span {
                choice: self.number,
                call: Some(call),
                start,
                end,
                kind,
                risk,
                evidence: finding.evidence,
            });
        }
        spans
    }

    /// Judges one claim, as far as that can be done before the encoder has read it.
    fn claim(&mut self, context: &mut Context<'_>, claim: Claim) -> Vec<Span> {
        if claim.form == Form::Code {
            return Vec::new();
        }
        self.sentences += 1;
        let judged = self.rules(context, claim);
        let windows = self.windows(context, &judged);
        self.lead.push(&judged.claim);
        if !windows.is_empty() {
            let task = self.waiting.ask(self.number, judged, windows);
            context.tasks.push(task);
            Vec::new()
        } else if self.waiting.is_empty() {
            self.conclude(context, judged, None)
        } else {
            self.waiting.follow(judged);
            Vec::new()
        }
    }

    /// What the rules say of it.
    fn rules(&mut self, context: &mut Context<'_>, claim: Claim) -> Judged {
        let analysis = Analysis::new(&claim, context.evidence, context.scratch);
        let mut findings = Vec::new();
        self.consistency.find(&analysis, &mut findings);
        self.confidence.claim(&analysis);
        if analysis.speech == Speech::Refusal {
            self.before.refused = true;
        }
        let mut logit = None;
        if analysis.is_claim() {
            self.claims += 1;
            if context.evidence.is_checkable() {
                let examined = examine(&analysis, context.evidence, &mut self.before);
                findings.extend(examined.findings);
                logit = examined
                    .features
                    .map(|features| self.scorer.sentence(&features, context.evidence.index().is_json()));
            }
        }
        findings.retain(|f| context.settings.signals.has(f.rule.signal()));
        context.scratch.reuse(analysis);
        Judged { claim, findings, logit }
    }

    /// What the encoder is to read of it. Of summaries and of what is written from structured data it knows nothing that the
    /// rules do not know better (docs/judging.md): there it is asked only when they are switched off.
    fn windows(&self, context: &Context<'_>, judged: &Judged) -> Vec<Window> {
        let signals = &context.settings.signals;
        let helps = !context.evidence.index().is_json() && !context.evidence.asks_summary();
        let wanted = judged.logit.is_some()
            && signals.has(Signal::Model)
            && (helps || !signals.has(Signal::Grounding))
            && self.waiting.has_room();
        match context.evidence.encoding().filter(|_| wanted) {
            Some(encoding) => encoding.windows(&self.lead, &judged.claim),
            None => Vec::new(),
        }
    }

    /// Says what is said of a claim, now that all is known of it.
    fn conclude(
        &mut self,
        context: &mut Context<'_>,
        judged: Judged,
        reading: Option<&Reading>,
    ) -> Vec<Span> {
        let json = context.evidence.index().is_json();
        let rules = judged.logit.filter(|_| context.settings.signals.has(Signal::Grounding));
        let fused = reading.map(|reading| fusion::sentence(rules, reading, json));
        let risks: Vec<(Finding, f32)> = judged
            .findings
            .into_iter()
            .map(|finding| {
                let risk = self.scorer.finding(finding.rule, judged.logit);
                (finding, risk)
            })
            .collect();
        for (_, risk) in &risks {
            context.tally.finding(*risk);
        }
        context.tally.sentence(rules, fused);
        let analysis = Analysis::new(&judged.claim, context.evidence, context.scratch);
        let risk = fused.or(rules).map(sigmoid);
        let spans = spans::of_sentence(self.number, &analysis, context.evidence, risks, risk, reading);
        context.scratch.reuse(analysis);
        spans
    }
}
