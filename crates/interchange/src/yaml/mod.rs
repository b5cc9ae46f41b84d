//! YAML, and JSON as a part of it, with the place of everything in it: what all files that people write share.
//!
//! | File | Holds |
//! |---|---|
//! | `node` | a piece of a document as it was written |
//! | `fields` | reading a mapping key by key, so that all that is wrong is said at once |

pub mod fields;
pub mod node;

use serde_saphyr::{MergeKeyPolicy, Options, UserMessageFormatter, alias_limits, budget, options};

use self::node::{Node, Value};
use super::{
    problem::{At, Place, Problems},
    terms::Terms,
};

/// Reads a text that is one document. Fails with what is wrong with its syntax, which ends the reading.
pub fn read<T>(
    text: &str,
    document: impl FnOnce(serde_saphyr::Deserializer<'_, '_>) -> Result<T, serde_saphyr::Error>,
) -> Result<T, At<String>> {
    serde_saphyr::with_deserializer_from_str_with_options(text, limits(text), document).map_err(|error| {
        let place = error.location().map(node::place).unwrap_or(Place::START);
        let error = error.without_snippet();
        // The formatter repeats the place behind the message.
        let rendered = error.render_with_formatter(&UserMessageFormatter);
        let message = rendered.split(" at line ").next().unwrap_or(&rendered);
        let value = if is_over_limits(error) || message == "recursion limit exceeded" {
            "the document is nested too deeply, or its aliases make it too large".to_owned()
        } else {
            Terms::Yaml.say(message.lines().next().unwrap_or(message).trim_end_matches('.'))
        };
        At { value, place }
    })
}

/// Checks what stands at `version`, which every file has.
pub fn check_version(node: &Node, problems: &mut Problems) {
    if !matches!(node.value, Value::Number(1.0)) {
        problems.at(node.place, "only `version: 1` is known, an unquoted number");
    }
}

fn is_over_limits(error: &serde_saphyr::Error) -> bool {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => is_over_limits(error),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => true,
        _ => false,
    }
}

/// What a document may cost, by its length: each event takes a byte or so, unless aliases multiply them.
fn limits(text: &str) -> Options {
    let generous = text.len().saturating_mul(4).saturating_add(1_000);
    options! {
        budget: budget! {
            max_depth: 16,
            max_events: generous,
            max_nodes: generous,
            max_total_scalar_bytes: generous,
            max_total_comment_bytes: generous,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: alias_limits! { max_total_replayed_events: 100_000, max_replay_stack_depth: 8 },
        merge_keys: MergeKeyPolicy::Error,
        // `no` is a name like any other; only `true` and `false` are booleans.
        strict_booleans: true,
        with_snippet: false,
    }
}
