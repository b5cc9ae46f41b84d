//! The order of directories. A list has them in order; a store keeps positions.

use std::collections::{HashMap, HashSet};

use super::{existing::Existing, key::is_built_in};
use feedgate_model::{
    Name,
    edit::{DirectorySpec, Edit, Spec},
};

/// Puts directories in the order of the list.
///
/// Where that is the store's order already, and what is new comes last, positions stay as they are. Otherwise
/// all directories are numbered anew: the built-in one unless it is listed, then the listed ones, then those
/// that only the store has, unless they are to be pruned.
pub(super) fn edits(listed: Vec<DirectorySpec>, existing: &Existing<'_>, prune: bool) -> Vec<Edit> {
    if is_in_order(&listed, existing) {
        return listed.into_iter().map(|spec| Edit::Put(Spec::Directory(spec))).collect();
    }
    let names: HashSet<&Name> = listed.iter().map(|spec| &spec.name).collect();
    let is_listed = |name: &Name| names.contains(name);
    let (built_in, others): (Vec<_>, Vec<_>) = by_position(existing)
        .into_iter()
        .filter(|directory| !is_listed(&directory.name))
        .partition(|directory| is_built_in(&directory.name));
    let untouched = |spec: &&DirectorySpec| DirectorySpec {
        name: spec.name.clone(),
        domains: None,
        netbios: None,
        enabled: None,
        position: None,
    };
    let mut edits = listed;
    edits.splice(0..0, built_in.iter().map(untouched).collect::<Vec<_>>());
    // A directory that an edit names isn't pruned.
    edits.extend(others.iter().filter(|_| !prune).map(untouched));
    // From 1: in a request, 0 leaves the position as it is. Without its export, the built-in directory stands at 0.
    for (spec, position) in edits.iter_mut().zip(1..) {
        spec.position = Some(position);
    }
    edits.into_iter().map(|spec| Edit::Put(Spec::Directory(spec))).collect()
}

/// The store's directories, first to last. The export has them in the order of their ids, which breaks ties.
pub(super) fn by_position<'e>(existing: &Existing<'e>) -> Vec<&'e DirectorySpec> {
    let mut directories: Vec<_> = existing.directories.iter().collect();
    directories.sort_by_key(|directory| directory.position.unwrap_or(u32::MAX));
    directories
}

fn is_in_order(listed: &[DirectorySpec], existing: &Existing<'_>) -> bool {
    let order: HashMap<&Name, usize> =
        (1..).zip(by_position(existing)).map(|(place, directory)| (&directory.name, place)).collect();
    // What is new gets a place behind all others; the built-in one is the first unless the export knows
    // better.
    let places = listed.iter().map(|spec| {
        let unlisted = if is_built_in(&spec.name) { 0 } else { usize::MAX };
        order.get(&spec.name).copied().unwrap_or(unlisted)
    });
    places.is_sorted()
}
