//! What several subjects may do on several feeds: which questions, in as few calls as they fit into.

use std::collections::BTreeSet;

use super::{
    letters::{self, Letter},
    picture,
};
use crate::{
    cli::{
        args::{connect::Format, effective::Matrix, question::Who},
        client::Client,
        demand,
        failure::{Exit, Failure},
        output, paging,
    },
    grpc::pb::{self, batch_check_result::Outcome},
};

/// So many feeds have room side by side.
const MAX_FEEDS: usize = 50;
/// So many subjects one below the other.
const MAX_SUBJECTS: usize = 1_000;
/// The most items that a call takes.
const MAX_ITEMS: usize = 10_000;
/// Well below the 4 MiB that a server takes in a message.
const MAX_BYTES: usize = 3 << 20;

/// What an item takes beside names: an attribute is short, and tags and lengths are.
const MAX_ATTRIBUTE: usize = 128;

/// What was asked and answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) subjects: Vec<String>,
    pub(super) feeds: Vec<String>,
    pub(super) letters: Vec<Letter>,
    /// A row a subject, a cell a feed.
    pub(super) cells: Vec<Vec<Cell>>,
    /// The rows of subjects whom no directory knows.
    pub(super) unknown_subjects: BTreeSet<usize>,
    /// The feeds that aren't registered.
    pub(super) unknown_feeds: BTreeSet<String>,
    /// What should be known beside: what is cut, unknown, or couldn't be answered.
    pub(super) notes: Vec<String>,
    /// Of the first and of the last call.
    pub(super) revisions: Option<(u64, u64)>,
}

/// Which of the letters' attributes are allowed, or why that isn't known.
pub(super) type Cell = Result<Vec<bool>, String>;

impl Answers {
    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

pub(super) async fn run(client: &mut Client, asked: &Matrix, format: Format) -> Result<Exit, Failure> {
    let mut answers = Answers { letters: letters::of(&asked.attributes), ..Answers::default() };
    let subjects = subjects(client, asked, &mut answers).await?;
    let feeds = feeds(client, asked, &mut answers).await?;
    ask(client, &subjects, feeds, &mut answers).await?;
    let known = answers.cells.iter().flatten().all(Result::is_ok);
    output::answer(
        if known { Exit::Done } else { Exit::Failed },
        match format {
            Format::Json => picture::json(&answers)?,
            Format::Table => picture::render(&answers),
        },
    )
}

/// The rows: who is named, then all users.
async fn subjects(client: &mut Client, asked: &Matrix, answers: &mut Answers) -> Result<Vec<Who>, Failure> {
    let mut subjects = asked.subjects.clone();
    if asked.all_users {
        let mut request = pb::ListUsersRequest::default();
        let (users, whole) = paging::pages(MAX_SUBJECTS, async |page| {
            request.page = Some(page);
            let call = client.ask(request.clone());
            let page = client.policy.list_users(call).await.map_err(|s| client.failure(s))?.into_inner();
            Ok((page.users, page.next_page_token))
        })
        .await?;
        let user = |user: pb::User| Who::User { name: user.name, directory: Some(user.directory) };
        subjects.extend(users.into_iter().map(user));
        if !whole {
            answers.note(format!("only the first {MAX_SUBJECTS} users are shown"));
        }
    }
    Ok(subjects)
}

/// The columns: the feeds that are named, or all.
async fn feeds(client: &mut Client, asked: &Matrix, answers: &mut Answers) -> Result<Vec<String>, Failure> {
    if !asked.feeds.is_empty() {
        return Ok(asked.feeds.clone());
    }
    let mut request = pb::ListFeedsRequest::default();
    let (feeds, whole) = paging::pages(MAX_FEEDS, async |page| {
        request.page = Some(page);
        let call = client.ask(request.clone());
        let page = client.policy.list_feeds(call).await.map_err(|s| client.failure(s))?.into_inner();
        Ok((page.feeds, page.next_page_token))
    })
    .await?;
    if !whole {
        answers.note(format!("only the first {MAX_FEEDS} feeds are shown: choose others with --feed"));
    }
    Ok(feeds.into_iter().map(|feed| feed.name).collect())
}

/// Asks for every cell, in calls of whole cells.
async fn ask(
    client: &mut Client,
    subjects: &[Who],
    feeds: Vec<String>,
    answers: &mut Answers,
) -> Result<(), Failure> {
    answers.subjects = subjects.iter().map(|who| demand::who(who, None)).collect();
    answers.feeds = feeds;
    let cells: Vec<(usize, &Who, String)> = subjects
        .iter()
        .enumerate()
        .flat_map(|(row, who)| answers.feeds.iter().map(move |feed| (row, who, feed.clone())))
        .collect();
    answers.cells = vec![Vec::new(); subjects.len()];
    let width = answers.letters.len().max(1);
    let longest = cells.iter().map(|(_, who, feed)| length(who) + feed.len()).max().unwrap_or_default();
    let items = MAX_ITEMS.min(MAX_BYTES / (longest + MAX_ATTRIBUTE));
    for part in cells.chunks((items / width).max(1)) {
        let items = part.iter().flat_map(|(_, who, feed)| {
            answers.letters.iter().map(move |letter| pb::BatchCheckItem {
                subject: Some((*who).into()),
                attribute: letter.attribute.clone(),
                target: Some(pb::Target { kind: Some(pb::target::Kind::Feed(feed.clone())) }),
                correlation_id: String::new(),
            })
        });
        let request = client.ask(pb::BatchCheckRequest { items: items.collect(), ..Default::default() });
        let answer = client.decision.batch_check(request).await;
        let answer = answer.map_err(|status| client.failure(status))?.into_inner();
        take(part, answer, answers)?;
    }
    Ok(())
}

/// The bytes of a subject's names.
fn length(who: &Who) -> usize {
    match who {
        Who::Anonymous => 0,
        Who::User { name, directory } => name.len() + directory.as_ref().map_or(0, String::len),
    }
}

/// Takes in the answer to a call: the items of a cell stand together.
fn take(
    part: &[(usize, &Who, String)],
    answer: pb::BatchCheckResponse,
    answers: &mut Answers,
) -> Result<(), Failure> {
    let pb::BatchCheckResponse { results, revision, subjects, knowledge: _ } = answer;
    let width = answers.letters.len().max(1);
    if results.len() != part.len() * width {
        let (got, asked) = (results.len(), part.len() * width);
        return Err(anyhow::anyhow!("the server answered {got} of {asked} items").into());
    }
    let number = revision.unwrap_or_default().number;
    answers.revisions = Some((answers.revisions.map_or(number, |(first, _)| first), number));
    for ((row, who, feed), results) in part.iter().zip(results.chunks(width)) {
        let mut cell: Cell = Ok(Vec::new());
        for result in results {
            match &result.outcome {
                Some(Outcome::Decision(decision)) => {
                    let at = (decision.subject_number as usize).checked_sub(1);
                    let resolved = at.and_then(|at| subjects.get(at));
                    if let (Some(name), Some(user)) = (answers.subjects.get_mut(*row), resolved) {
                        *name = demand::who(who, Some(user));
                    }
                    if decision.subject_unknown {
                        answers.unknown_subjects.insert(*row);
                        answers.note(format!("no directory knows {}", demand::who(who, None)));
                    }
                    if decision.feed_unknown {
                        answers.unknown_feeds.insert(feed.clone());
                        answers.note(format!("feed {} isn't registered", output::plain(feed)));
                    }
                    if let Ok(allowed) = &mut cell {
                        allowed.push(decision.allowed);
                    }
                }
                Some(Outcome::Error(error)) => cell = Err(error.message.clone()),
                None => cell = Err("the server gave no answer".to_owned()),
            }
        }
        if let Err(why) = &cell {
            answers.note(format!("no answer for {}: {}", demand::who(who, None), output::plain(why)));
        }
        if let Some(row) = answers.cells.get_mut(*row) {
            row.push(cell);
        }
    }
    Ok(())
}
