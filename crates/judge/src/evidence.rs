//! What the model was shown: the text that its answer is held against.

mod ask;
mod asked;
mod facts;
mod gather;
mod index;
mod labels;
mod said;
mod sections;
mod segments;
mod sentences;
mod structure;

use std::sync::{Arc, OnceLock};

use agentguard_encoder::Tokenizer;
use agentguard_wire::{Request, Tool};
use serde::{Deserialize, Serialize};

pub(crate) use facts::Facts;
pub(crate) use index::{Index, Match, Scratch};
pub(crate) use said::{Said, sign_hash};
pub use segments::Segment;
pub(crate) use structure::{Attribute, Attributes, KeyWord, Truth, key_words};

use self::index::Builder;
use crate::encoding::Encoding;
use crate::schema::Schemas;
use crate::text::chars;
use crate::verdict::EvidenceRef;

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// System or developer text.
    Instructions,
    /// A document given as such.
    Document,
    /// Context that the user pasted beside the question.
    UserContext,
    /// The user's question itself: names and numbers in it are known, but it proves nothing.
    Question,
    /// A tool's result.
    ToolResult,
    /// An earlier turn of the conversation.
    EarlierTurn,
    /// What the agent saw in its own calls while answering (inbound judging).
    AgentContext,
}

impl SourceKind {
    /// Whether a claim can follow from it. A question asks and an earlier answer may itself be wrong: what they name is known,
    /// but they prove nothing.
    #[must_use]
    pub fn proves(self) -> bool {
        !matches!(self, Self::Question | Self::EarlierTurn)
    }
}

/// One source of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// A stable label: `messages[1]`, `documents[0]`, `tool:get_weather`. Unique within the evidence: a second result of the
    /// same tool is `tool:get_weather#2`, and a question split off its context is `messages[1].question`.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// Evidence that exists but cannot be seen from here: a claim without support may follow from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Images, audio or files that are not text.
    pub media: bool,
    /// Tools that the provider runs itself (web search): their results never pass here.
    pub hosted_tools: bool,
    /// Earlier turns kept on the provider's side.
    pub earlier_response: bool,
    /// Bytes of text over the memory budget ([`Evidence::MAX_BYTES`]), not read.
    pub bytes: usize,
}

impl Unseen {
    /// Whether anything is unseen.
    #[must_use]
    pub fn any(self) -> bool {
        self.media || self.hosted_tools || self.earlier_response || self.bytes > 0
    }
}

/// Everything an answer is held against, prepared once per exchange.
#[derive(Debug, Default)]
pub struct Evidence {
    sources: Vec<Source>,
    tools: Vec<Tool>,
    unseen: Unseen,
    checkable: bool,
    open_ended: bool,
    summary: bool,
    expects_json: bool,
    /// Content stems of the question.
    question: Vec<u32>,
    index: Index,
    facts: Facts,
    attributes: Attributes,
    schemas: Schemas,
    /// Made when an argument is looked at that the index does not know.
    said: OnceLock<Said>,
    encoding: Option<Encoding>,
}

impl Evidence {
    /// Bytes of source text that are kept and indexed. What is over it is left out, the least telling sources first
    /// (earlier turns, then instructions, then the oldest context), and counted in [`Unseen::bytes`].
    pub const MAX_BYTES: usize = 8 << 20;

    /// Gathers and prepares the evidence that a request carries. Costs time in proportion to its text: start it
    /// while the provider thinks.
    #[must_use]
    pub fn gather(request: &Request) -> Self {
        let gathered = gather::gather(request);
        let mut evidence = Self::prepare(gathered.sources, request.tools.clone(), gathered.unseen);
        evidence.expects_json |= request.wants_json;
        evidence
    }

    /// Evidence from parts, for agent context and tests.
    #[must_use]
    pub fn from_sources(sources: Vec<Source>, tools: Vec<Tool>) -> Self {
        Self::prepare(sources, tools, Unseen::default())
    }

    fn prepare(mut sources: Vec<Source>, tools: Vec<Tool>, mut unseen: Unseen) -> Self {
        unseen.bytes += gather::fit(&mut sources, Self::MAX_BYTES);
        let mut builder = Builder::new();
        let mut attributes = structure::Reader::default();
        let mut plain = Vec::with_capacity(sources.len());
        for (number, source) in sources.iter().enumerate() {
            let json = attributes.read(number, source);
            builder.add(number, source, json);
            plain.push(json.is_none());
        }
        let (index, facts) = builder.seal();
        let attributes = attributes.seal();
        let checkable = (0..).zip(&sources).zip(plain).any(|((number, source), plain)| {
            source.kind.proves()
                && (source.kind != SourceKind::Instructions
                    || ask::holds_facts(number, source, plain, &index))
        });
        let open_ended = ask::is_open_ended(&sources);
        let schemas = Schemas::new(&tools);
        let summary = ask::is_summary(&sources);
        let expects_json = ask::mentions_json(&sources);
        let question = ask::stems(&sources);
        Self {
            sources,
            tools,
            unseen,
            checkable,
            open_ended,
            summary,
            expects_json,
            question,
            index,
            facts,
            attributes,
            schemas,
            said: OnceLock::new(),
            encoding: None,
        }
    }

    /// Prepares it for the encoder of that version, too; without this only the rules judge. Nothing is prepared where nothing can
    /// be checked.
    pub fn encode(&mut self, tokenizer: &Arc<Tokenizer>, version: &Arc<str>) {
        let encoding = |evidence: &Self| Encoding::new(tokenizer.clone(), version.clone(), evidence);
        self.encoding = self.is_checkable().then(|| encoding(self));
    }

    /// The sources, in order.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The tools that may be called.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// What exists but cannot be seen from here.
    #[must_use]
    pub fn unseen(&self) -> Unseen {
        self.unseen
    }

    /// Whether the answer can be held against it: something is there that a claim could follow from (a bare question is not,
    /// nor are instructions without facts), the request asks for something that should follow from it (a poem should not),
    /// and nothing decisive is out of sight.
    #[must_use]
    pub fn is_checkable(&self) -> bool {
        let unseen = Unseen { bytes: 0, ..self.unseen };
        self.checkable && !self.open_ended && !unseen.any()
    }

    /// Whether the answer is to be JSON.
    pub(crate) fn expects_json(&self) -> bool {
        self.expects_json
    }

    /// Whether a summary is asked for.
    pub(crate) fn asks_summary(&self) -> bool {
        self.summary
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(crate) fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The text of a sentence.
    pub(crate) fn sentence(&self, number: u32) -> Option<&str> {
        let sentence = self.index.get(number)?;
        self.sources.get(sentence.source as usize)?.text.get(sentence.start as usize..sentence.end as usize)
    }

    /// A sentence's place for the verdict.
    pub(crate) fn reference(&self, number: u32) -> Option<EvidenceRef> {
        let length = chars::count(self.sentence(number)?);
        let sentence = self.index.get(number)?;
        let source = self.sources.get(sentence.source as usize)?.label.clone();
        let start = sentence.char_start as usize;
        Some(EvidenceRef { source, start, end: start + length })
    }

    /// How many numbered or separate documents there are to cite; `None`: none are told apart.
    pub(crate) fn materials(&self) -> Option<u32> {
        let documents = self.sources.iter().filter(|s| s.kind == SourceKind::Document).count();
        let documents = u32::try_from(documents).ok().filter(|n| *n > 1);
        self.facts.materials().max(documents)
    }

    /// Share of the question's content words among these stems.
    pub(crate) fn question_overlap(&self, stems: &[u32]) -> f32 {
        let held = self.question.iter().filter(|stem| stems.contains(stem)).count();
        if self.question.is_empty() { 0.0 } else { held as f32 / self.question.len() as f32 }
    }

    pub(crate) fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref()
    }

    /// Distinct content words of the question.
    pub(crate) fn question_words(&self) -> usize {
        self.question.len()
    }

    pub(crate) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The words and numbers of all sources, in pieces.
    pub(crate) fn said(&self) -> &Said {
        self.said.get_or_init(|| {
            let mut said = Said::default();
            self.sources.iter().for_each(|source| said.add(&source.text));
            said
        })
    }
}

#[cfg(test)]
mod tests;
