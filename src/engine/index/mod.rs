//! (being written)
/// An immutable policy, laid out for decisions.
#[derive(Clone, Debug)]
pub struct Index;
