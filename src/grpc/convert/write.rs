//! Change sets as they come in, in one message or in many.

use prost::Message as _;

use super::{
    edit,
    invalid::{Fault, Invalid, under},
    revision::revision,
    text,
};
use crate::{
    grpc::pb,
    model::{Idempotency, Revision, edit::Step},
    policy::WriteRequest,
};

/// A change set that is being received.
#[derive(Debug)]
pub struct Writing {
    expected: Option<Revision>,
    idempotency_key: String,
    dry_run: bool,
    limit: usize,
    steps: Vec<Step>,
    /// Of the options and the changes, however they were cut into messages. Keyed, since passwords may be among them.
    hasher: blake3::Hasher,
}

impl Writing {
    /// Starts with the options. Takes up to `limit` changes.
    pub fn new(
        options: Option<pb::WriteOptions>,
        limit: usize,
        request_key: &[u8; 32],
    ) -> Result<Self, Invalid> {
        let pb::WriteOptions { expected_revision, mut idempotency_key, dry_run } =
            options.unwrap_or_default();
        text::within("options.idempotency_key", &idempotency_key, text::MAX_KEY)?;
        if dry_run {
            // Nothing happens that could happen twice.
            idempotency_key.clear();
        }
        let mut hasher = blake3::Hasher::new_keyed(request_key);
        let what_else = pb::WriteOptions { expected_revision, dry_run, idempotency_key: String::new() };
        hasher.update(&what_else.encode_length_delimited_to_vec());
        let expected = expected_revision.map(revision).transpose();
        let expected = expected.map_err(under("expected_revision")).map_err(under("options"))?;
        Ok(Self { expected, idempotency_key, dry_run, limit, steps: Vec::new(), hasher })
    }

    /// Adds changes behind those that came before.
    pub fn add(&mut self, changes: Vec<pb::Change>) -> Result<(), Invalid> {
        let found = self.steps.len() + changes.len();
        if found > self.limit {
            let fault = Fault::TooMany { limit: self.limit, found };
            return Err(Invalid { field: "changes".into(), fault });
        }
        for change in changes {
            if !self.idempotency_key.is_empty() {
                self.hasher.update(&change.encode_length_delimited_to_vec());
            }
            let number = self.steps.len();
            let step = edit::step(change).map_err(|it| it.under(format_args!("changes[{number}]")))?;
            self.steps.push(step);
        }
        Ok(())
    }

    /// The whole change set; an empty one is a mistake.
    pub fn finish(self, actor: &str) -> Result<WriteRequest, Invalid> {
        let Self { expected, idempotency_key, dry_run, limit: _, steps, hasher } = self;
        if steps.is_empty() {
            return Err(Invalid::missing("changes"));
        }
        let idempotency = (!idempotency_key.is_empty())
            .then(|| Idempotency { key: idempotency_key.into(), request: hasher.finalize().into() });
        Ok(WriteRequest { steps, expected, idempotency, dry_run, actor: actor.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delete(feed: &str) -> pb::Change {
        let object = Some(pb::ObjectRef { kind: Some(pb::object_ref::Kind::Feed(feed.into())) });
        let delete = pb::DeleteObject { object, cascade: false, missing_ok: false };
        pb::Change { operation: Some(pb::change::Operation::Delete(delete)), expected_object_revision: None }
    }

    fn keyed() -> pb::WriteOptions {
        pb::WriteOptions { idempotency_key: "k".into(), ..pb::WriteOptions::default() }
    }

    fn request(options: pb::WriteOptions, messages: &[&[&str]], key: [u8; 32]) -> WriteRequest {
        let mut writing = Writing::new(Some(options), 9, &key).unwrap();
        for message in messages {
            writing.add(message.iter().map(|feed| delete(feed)).collect()).unwrap();
        }
        writing.finish("me").unwrap()
    }

    fn request_hash(options: pb::WriteOptions, messages: &[&[&str]], key: [u8; 32]) -> [u8; 32] {
        request(options, messages, key).idempotency.unwrap().request
    }

    #[test]
    fn a_request_is_the_same_however_it_is_cut() {
        let whole = request_hash(keyed(), &[&["a", "b", "c"]], [1; 32]);
        assert_eq!(request_hash(keyed(), &[&["a"], &[], &["b", "c"]], [1; 32]), whole);
        assert_ne!(request_hash(keyed(), &[&["a", "b"]], [1; 32]), whole);
        assert_ne!(request_hash(keyed(), &[&["a", "b", "c"]], [2; 32]), whole);
        let expecting = |number| {
            let expected_revision = Some(pb::Revision { store: 1, number });
            let options = pb::WriteOptions { expected_revision, ..keyed() };
            request_hash(options, &[&["a", "b", "c"]], [1; 32])
        };
        assert_ne!(expecting(1), whole);
        assert_ne!(expecting(1), expecting(2));
    }

    #[test]
    fn a_dry_run_has_no_key() {
        let tried = request(pb::WriteOptions { dry_run: true, ..keyed() }, &[&["a"]], [1; 32]);
        assert!(tried.dry_run && tried.idempotency.is_none());
    }

    #[test]
    fn too_many_too_few_and_bad_ones_are_refused() {
        let writing = || Writing::new(None, 2, &[0; 32]).unwrap();
        writing().finish("me").unwrap_err();
        let mut two = writing();
        two.add(vec![delete("a")]).unwrap();
        assert_eq!(two.add(vec![delete(" b")]).unwrap_err().field, "changes[1].delete.object.feed",);
        let many = two.add(vec![delete("b"), delete("c")]).unwrap_err();
        assert_eq!(many.to_string(), "changes: at most 2 are taken in one call, these are 3");
        let options = pb::WriteOptions { idempotency_key: "k".repeat(257), ..pb::WriteOptions::default() };
        Writing::new(Some(options), 2, &[0; 32]).unwrap_err();
    }
}
