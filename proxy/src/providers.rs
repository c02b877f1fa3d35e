//! The providers that `/{provider}/…` knows without being told, and where they are.
//!
//! The rest of the path is the provider's own, so an SDK's base URL `https://api.openai.com/v1` becomes
//! `http://proxy/openai/v1`. Providers whose address is the customer's own (Azure, Bedrock, Vertex AI, a self-hosted
//! vLLM) are added with an upstream of the configuration.

use std::collections::BTreeMap;

use agentguard_trust::HostSet;

use crate::{Origin, Upstream};

/// Name in the path and origin, by name.
pub const KNOWN: &[(&str, &str)] = &[
    ("ai21", "https://api.ai21.com"),
    ("anthropic", "https://api.anthropic.com"),
    ("cerebras", "https://api.cerebras.ai"),
    ("cohere", "https://api.cohere.com"),
    ("dashscope", "https://dashscope-intl.aliyuncs.com"),
    ("deepinfra", "https://api.deepinfra.com"),
    ("deepseek", "https://api.deepseek.com"),
    ("fireworks", "https://api.fireworks.ai"),
    ("gemini", "https://generativelanguage.googleapis.com"),
    ("groq", "https://api.groq.com"),
    ("huggingface", "https://router.huggingface.co"),
    ("mistral", "https://api.mistral.ai"),
    ("moonshot", "https://api.moonshot.ai"),
    ("nvidia", "https://integrate.api.nvidia.com"),
    ("ollama", "http://127.0.0.1:11434"),
    ("openai", "https://api.openai.com"),
    ("openrouter", "https://openrouter.ai"),
    ("perplexity", "https://api.perplexity.ai"),
    ("sambanova", "https://api.sambanova.ai"),
    ("together", "https://api.together.xyz"),
    ("xai", "https://api.x.ai"),
];

/// Hosts of providers whose addresses differ by customer or region, as patterns, with the provider's name.
const BY_PATTERN: &[(&str, &str)] = &[
    ("*.openai.azure.com", "azure"),
    ("*.services.ai.azure.com", "azure"),
    ("*.cognitiveservices.azure.com", "azure"),
    ("bedrock-runtime.*.amazonaws.com", "bedrock"),
    ("aiplatform.googleapis.com", "vertex"),
    ("*-aiplatform.googleapis.com", "vertex"),
];

/// The hosts that are intercepted unless the operator lists others: those of the known providers, and the patterns of the others.
pub fn hosts() -> impl Iterator<Item = String> {
    let known = KNOWN.iter().filter_map(|(_, url)| url.strip_prefix("https://"));
    known.chain(BY_PATTERN.iter().map(|(pattern, _)| *pattern)).map(str::to_owned)
}

/// The provider at a host; of an unknown one the host itself.
#[must_use]
pub fn of_host(host: &str) -> &str {
    let known = KNOWN.iter().find(|(_, url)| url.strip_prefix("https://") == Some(host));
    let by_pattern = || {
        let matches = |pattern: &str| HostSet::parse([pattern]).is_ok_and(|set| set.contains(host));
        BY_PATTERN.iter().find(|(pattern, _)| matches(pattern))
    };
    known.map(|(name, _)| *name).or_else(|| by_pattern().map(|(_, name)| *name)).unwrap_or(host)
}

/// The known providers with the operator's added, or put in their place.
#[must_use]
pub fn all(added: &BTreeMap<String, Upstream>) -> BTreeMap<String, Upstream> {
    let known = KNOWN.iter().map(|(name, url)| {
        let url = url.parse::<Origin>().expect("the table's origins are valid, as its test shows");
        ((*name).to_owned(), Upstream { url })
    });
    known.chain(added.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_provider_has_a_valid_origin_and_the_table_is_sorted() {
        for (name, url) in KNOWN {
            url.parse::<Origin>().unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        assert!(KNOWN.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
