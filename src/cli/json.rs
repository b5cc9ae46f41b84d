//! Proto JSON, with the original field names and every field spelled out.
//!
//! The generated types know nothing of JSON; the descriptors that were embedded when they were made do. Numbers
//! of 64 bits are strings in proto JSON.

use std::{fmt::Write as _, sync::LazyLock};

use anyhow::Context as _;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::{Serialize, Serializer};

use crate::{grpc::pb, model::unprintable::is_unprintable};

static DESCRIPTORS: LazyLock<Result<DescriptorPool, prost_reflect::DescriptorError>> =
    LazyLock::new(|| DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET));

/// A message of `feedgate.v1` that can be looked into; `name` is its type there.
pub(super) fn reflect(name: &str, message: &impl Message) -> anyhow::Result<DynamicMessage> {
    let pool = DESCRIPTORS.as_ref().context("embedded descriptors")?;
    let descriptor =
        pool.get_message_by_name(&format!("feedgate.v1.{name}")).with_context(|| format!("no {name}"))?;
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).context("embedded descriptors")
}

/// The message as an indented JSON document.
pub(super) fn render(name: &str, message: &impl Message) -> anyhow::Result<String> {
    pretty(&part(name, message)?)
}

/// The message in one line.
pub(super) fn line(name: &str, message: &impl Message) -> anyhow::Result<String> {
    Ok(printable(serde_json::to_string(&part(name, message)?)?))
}

/// An indented JSON document.
pub(super) fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(printable(serde_json::to_string_pretty(value)?))
}

/// JSON that means the same, without characters that a terminal acts on. They stand in strings only.
fn printable(json: String) -> String {
    let acted_on = |c: char| c != '\n' && is_unprintable(c);
    if !json.contains(acted_on) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acted_on(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The message as a part of a document.
pub(super) fn part(name: &str, message: &impl Message) -> anyhow::Result<Proto> {
    reflect(name, message).map(Proto)
}

/// A message that is written as proto JSON.
#[derive(Debug)]
pub(super) struct Proto(DynamicMessage);

impl Serialize for Proto {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
        self.0.serialize_with_options(serializer, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_there_under_its_own_name() {
        let status = pb::GetStatusResponse {
            version: "0.1.0".into(),
            store_id: 7,
            revision: 8,
            ready: true,
            grants: 3,
            ..Default::default()
        };
        let json: serde_json::Value =
            serde_json::from_str(&render("GetStatusResponse", &status).unwrap()).unwrap();
        for (field, expected) in [
            ("store_id", serde_json::json!("7")),
            ("revision", serde_json::json!("8")),
            ("grants", serde_json::json!(3)),
            ("users", serde_json::json!(0)),
            ("groups", serde_json::json!(0)),
            ("feeds", serde_json::json!(0)),
            ("ready", serde_json::json!(true)),
        ] {
            assert_eq!(json[field], expected, "{field}");
        }
    }

    #[test]
    fn what_a_terminal_acts_on_is_escaped() {
        let detail = "a\u{202e}b\u{9b}\u{7f}\u{e0041}\nä";
        let status = pb::GetStatusResponse { detail: detail.into(), ..Default::default() };
        for json in
            [render("GetStatusResponse", &status).unwrap(), line("GetStatusResponse", &status).unwrap()]
        {
            assert!(json.contains(r"a\u202eb\u009b\u007f\udb40\udc41\nä"), "{json}");
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(read["detail"], detail);
        }
    }

    #[test]
    fn an_empty_answer_reads_as_not_allowed() {
        let json: serde_json::Value =
            serde_json::from_str(&render("CheckResponse", &pb::CheckResponse::default()).unwrap()).unwrap();
        assert_eq!((&json["allowed"], &json["reason"]), (&false.into(), &"REASON_UNSPECIFIED".into()));
    }
}
