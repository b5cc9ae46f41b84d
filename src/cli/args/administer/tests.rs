//! Command lines of administrators, and what they mean.

use super::wish::{Amendment, Difference, What, Wish};
use crate::{
    cli::args::{Cli, Command, access::Show},
    model::{
        AttributeName, Effect, Name,
        edit::{
            AttributeSpec, AttributesRef, ConnectorSpec, Edit, FeedSpec, GrantSpec, Member, Membership,
            NewName, ObjectRef, PrincipalName, PrincipalRef, ScopeRef, SourceRef, Spec, TaskSpec, UserSpec,
        },
    },
};

/// What a line means, or why it is refused.
fn read(line: &str) -> Result<Wish, String> {
    let words = std::iter::once("feedgate").chain(line.split_whitespace());
    match Cli::read(words).map_err(|error| error.to_string())?.command {
        Command::Administer(typed) => typed.wish().map_err(|failure| failure.to_string()),
        other => panic!("{other:?}"),
    }
}

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

fn named(spelling: &str) -> PrincipalName {
    PrincipalName::built_in(name(spelling))
}

fn in_corp(spelling: &str) -> PrincipalName {
    PrincipalName::Named { directory: Some(name("corp")), name: name(spelling) }
}

fn attributes(names: &[&str]) -> Vec<AttributeName> {
    names.iter().map(|name| AttributeName::new(name).unwrap()).collect()
}

fn write(what: What) -> Wish {
    Wish::Write { what, dry_run: false }
}

#[track_caller]
fn edits(line: &str, edits: Vec<Edit>) {
    assert_eq!(read(line), Ok(write(What::Edits(edits))), "{line}");
}

fn grant(effect: Effect, principal: PrincipalRef, scope: ScopeRef) -> GrantSpec {
    GrantSpec { id: None, effect, principal, task: name("T"), scope, comment: None }
}

#[test]
fn grants() {
    let feed = || ScopeRef::Feed(name("npm"));
    for (flags, principal, scope) in [
        ("--user ann --feed npm", PrincipalRef::User(named("ann")), feed()),
        ("--user ann --directory corp --feed npm", PrincipalRef::User(in_corp("ann")), feed()),
        ("--group g --feed-group live", PrincipalRef::Group(named("g")), ScopeRef::FeedGroup(name("live"))),
        ("--everyone --all-feeds", PrincipalRef::Everyone, ScopeRef::AllFeeds),
        ("--anonymous --feed npm", PrincipalRef::Anonymous, feed()),
        ("--authenticated --feed npm", PrincipalRef::Authenticated { directory: None }, feed()),
        (
            "--authenticated --directory corp --feed npm",
            PrincipalRef::Authenticated { directory: Some(name("corp")) },
            feed(),
        ),
    ] {
        for (verb, effect) in [("grant", Effect::Permit), ("restrict", Effect::Restrict)] {
            let spec = grant(effect, principal.clone(), scope.clone());
            edits(&format!("{verb} T {flags}"), vec![Edit::Create(Spec::Grant(spec.clone()))]);
            let restriction = if effect == Effect::Restrict { "--restriction" } else { "" };
            edits(&format!("revoke T {flags} {restriction}"), vec![delete(ObjectRef::Grant(spec), false)]);
        }
    }
    let spec = grant(Effect::Restrict, PrincipalRef::Everyone, feed());
    edits(
        "restrict T --everyone --feed npm --comment why",
        vec![Edit::Create(Spec::Grant(GrantSpec { comment: Some("why".into()), ..spec }))],
    );
    edits("revoke 17", vec![delete(ObjectRef::GrantId(17), false)]);
}

/// The same edit, to be looked at.
#[test]
fn previews_of_grants() {
    for (flags, show) in [
        ("", Show { groups: 20, cursor: None }),
        (" --groups 7 --members c", Show { groups: 7, cursor: Some("c".into()) }),
    ] {
        for line in ["grant T --user ann --feed npm", "restrict T --group g --all-feeds", "revoke 17"] {
            let Ok(Wish::Write { what: What::Edits(edits), .. }) = read(line) else { panic!("{line}") };
            let preview = read(&format!("{line} --preview{flags}"));
            let what = What::Edits(edits);
            assert_eq!(preview, Ok(Wish::Preview { what, show: show.clone() }), "{line}");
        }
    }
}

/// Whatever changes access can be looked at first, and is the same edit then.
#[test]
fn every_command_that_writes_has_a_preview() {
    for line in [
        "user add u --group g --disabled",
        "user edit u --add-group g",
        "user rename u v",
        "user delete u --cascade",
        "user disable u",
        "user enable u",
        "group add g --member u --member-group h",
        "group edit g --description d",
        "group rename g h",
        "group delete g",
        "group add-member g u --user v --group h",
        "group remove-member g u",
        "feed add f --feed-group live",
        "feed edit f --no-feed-group",
        "feed edit f --add-alternate-name n",
        "feed rename f g",
        "feed delete f --cascade",
        "feed-group add live",
        "feed-group edit live --description d",
        "feed-group rename live test",
        "feed-group delete live --cascade",
        "connector add c --url u --feed f",
        "connector edit c --add-feed f",
        "connector rename c d",
        "connector delete c",
        "task add t --attribute A",
        "task edit t --all-attributes",
        "task edit t --add-attribute A",
        "task rename t u",
        "task delete t --cascade",
        "task restore t",
        "attribute add A_b",
        "attribute edit A_b --label l",
        "attribute rename A_b A_c",
        "attribute delete A_b --cascade",
    ] {
        let Ok(Wish::Write { what, dry_run: false }) = read(line) else { panic!("{line}: {:?}", read(line)) };
        let show = Show { groups: 7, cursor: None };
        assert_eq!(read(&format!("{line} --preview --groups 7")), Ok(Wish::Preview { what, show }), "{line}");
        let both = read(&format!("{line} --preview --dry-run")).unwrap_err();
        assert!(both.contains("cannot be used with"), "{line}: {both}");
    }
}

#[test]
fn members_are_users_with_and_without_a_flag() {
    let member = |name: &str| Membership { group: named("Contractors"), member: Member::User(named(name)) };
    edits(
        "group add-member Contractors ann --user gil",
        vec![Edit::Put(Spec::Membership(member("ann"))), Edit::Put(Spec::Membership(member("gil")))],
    );
    edits("group add-member Contractors --user gil", vec![Edit::Put(Spec::Membership(member("gil")))]);
}

fn delete(object: ObjectRef, cascade: bool) -> Edit {
    Edit::Delete { object, cascade, missing_ok: false }
}

/// What is forgotten is never assumed.
#[test]
fn what_is_refused() {
    for (line, message) in [
        ("grant T --user ann", "<--feed <FEED>|--feed-group <GROUP>|--all-feeds>"),
        ("restrict T --user ann", "<--feed <FEED>|--feed-group <GROUP>|--all-feeds>"),
        ("grant T --feed npm", "<--user <USER>|--group <GROUP>|--everyone|--authenticated|--anonymous>"),
        ("grant T", "required arguments were not provided"),
        ("grant --user ann --feed npm", "<TASK>"),
        ("grant T --user ann --feed npm --all-feeds", "cannot be used with"),
        ("grant T --user ann --feed npm --feed-group live", "cannot be used with"),
        ("grant T --user ann --group g --feed npm", "cannot be used with"),
        ("grant T --everyone --directory corp --feed npm", "cannot be used with"),
        ("grant everyone --everyone --feed npm", "invalid value 'everyone' for '<TASK>'"),
        ("grant T --user anonymous --feed npm", "invalid value 'anonymous' for '--user <USER>'"),
        ("revoke", "required arguments were not provided"),
        ("revoke T", "`T` is no grant's id: give one, or say whose grant of this task and where"),
        ("revoke -1", "unexpected argument"),
        ("revoke T --user ann", "<--feed <FEED>|--feed-group <GROUP>|--all-feeds>"),
        ("revoke T --feed npm", "<--user <USER>|--group <GROUP>|--everyone|--authenticated|--anonymous>"),
        ("revoke 17 --restriction", "required arguments were not provided"),
        ("grant T --user ann --feed npm --groups 5", "--preview"),
        ("grant T --user ann --feed npm --preview --dry-run", "cannot be used with"),
        ("revoke 17 --members c", "--preview"),
        ("revoke 17 --preview --groups 0", "0 is not in 1..=1000"),
        ("user edit ann", "required arguments were not provided"),
        ("user password ann geheim", "unexpected argument 'geheim'"),
        ("user password ann --password geheim", "unexpected argument '--password'"),
        ("group edit g", "--description <TEXT>"),
        ("group add-member g", "<USER|--user <USER>|--group <GROUP>>"),
        ("feed edit npm", "required arguments were not provided"),
        ("feed edit npm --feed-group g --no-feed-group", "cannot be used with"),
        ("feed edit npm --promote-to g --no-promote-to", "cannot be used with"),
        ("feed edit npm --alternate-name a --add-alternate-name b", "cannot be used with"),
        ("connector add c", "<--url <URL>|--source-feed <FEED>>"),
        ("connector add c --url https://h --source-feed f", "cannot be used with"),
        ("connector edit c --feed f --add-feed g", "cannot be used with"),
        ("task add T --attribute A --all-attributes", "cannot be used with"),
        ("task edit T", "required arguments were not provided"),
        ("task edit T --attribute A --add-attribute B", "cannot be used with"),
        ("task edit T --all-attributes --remove-attribute B", "cannot be used with"),
        ("task add T --attribute 1st", "invalid value '1st' for '--attribute <ATTRIBUTE>'"),
        ("attribute edit A --feed-scopable", "unexpected argument '--feed-scopable'"),
        // Nothing is guessed from its beginning.
        ("gran T --everyone --all-feeds", "unrecognized subcommand 'gran'"),
        ("user del ann", "unrecognized subcommand 'del'"),
        ("grant T --every --all-feeds", "unexpected argument '--every'"),
    ] {
        let error = read(line).expect_err(line);
        assert!(error.contains(message), "{line}: {error}");
    }
}

#[test]
fn people() {
    let ann = |disabled| UserSpec {
        user: named("ann"),
        display_name: None,
        email: None,
        disabled,
        external_id: None,
    };
    let membership = |group: &str| Membership { group: named(group), member: Member::User(named("ann")) };
    edits(
        "user add ann --display-name Ann --email a@h --group g --group h --disabled",
        vec![
            Edit::Create(Spec::User(UserSpec {
                display_name: Some("Ann".into()),
                email: Some("a@h".into()),
                ..ann(Some(true))
            })),
            Edit::Put(Spec::Membership(membership("g"))),
            Edit::Put(Spec::Membership(membership("h"))),
        ],
    );
    edits(
        "user edit ann --add-group g --remove-group h",
        vec![
            Edit::Update(Spec::User(ann(None))),
            Edit::Put(Spec::Membership(membership("g"))),
            delete(ObjectRef::Membership(membership("h")), false),
        ],
    );
    edits("user disable ann", vec![Edit::Update(Spec::User(ann(Some(true))))]);
    edits("user enable ann", vec![Edit::Update(Spec::User(ann(Some(false))))]);
    let (object, to) = (ObjectRef::User(in_corp("ann")), NewName::Name(name("bob")));
    edits("user rename ann bob --directory corp", vec![Edit::Rename { object: object.clone(), to }]);
    edits("user delete ann --directory corp --cascade", vec![delete(object.clone(), true)]);
    assert_eq!(read("user show ann --directory corp"), Ok(Wish::Show(object)));
    assert_eq!(
        read("user password ann --must-change --dry-run"),
        Ok(Wish::Write { what: What::Password { user: named("ann"), must_change: true }, dry_run: true })
    );
    let member = |member| Membership { group: named("g"), member };
    let members = [member(Member::User(in_corp("ann"))), member(Member::Group(in_corp("h")))];
    edits(
        "group add-member g ann --group h --member-directory corp",
        members.iter().cloned().map(|it| Edit::Put(Spec::Membership(it))).collect(),
    );
    edits(
        "group remove-member g ann --group h --member-directory corp",
        members.into_iter().map(|it| delete(ObjectRef::Membership(it), false)).collect(),
    );
}

#[test]
fn places() {
    let npm =
        FeedSpec { name: name("npm"), feed_type: None, alternate_names: None, group: None, promote_to: None };
    edits(
        "feed add npm --type npm --feed-group live --promote-to prod --alternate-name a --alternate-name b",
        vec![Edit::Create(Spec::Feed(FeedSpec {
            feed_type: Some("npm".into()),
            group: Some(Some(name("live"))),
            promote_to: Some(Some(name("prod"))),
            alternate_names: Some(vec![name("a"), name("b")]),
            ..npm.clone()
        }))],
    );
    let nowhere = FeedSpec { group: Some(None), promote_to: Some(None), ..npm };
    edits("feed edit npm --no-feed-group --no-promote-to", vec![Edit::Update(Spec::Feed(nowhere.clone()))]);
    let difference = Difference { add: vec![name("a")], remove: vec![name("b")] };
    assert_eq!(
        read(
            "feed edit npm --no-feed-group --no-promote-to --add-alternate-name a --remove-alternate-name b"
        ),
        Ok(write(What::Amendment(Amendment::Feed(nowhere, difference))))
    );
    let out = ConnectorSpec { name: name("out"), source: None, feeds: None };
    edits(
        "connector add out --source-feed a --feed npm",
        vec![Edit::Create(Spec::Connector(ConnectorSpec {
            source: Some(SourceRef::Feed(name("a"))),
            feeds: Some(vec![name("npm")]),
            ..out.clone()
        }))],
    );
    let url = ConnectorSpec { source: Some(SourceRef::Url("https://h".into())), ..out };
    edits("connector edit out --url https://h", vec![Edit::Update(Spec::Connector(url.clone()))]);
    let difference = Difference { add: vec![name("npm")], remove: vec![] };
    assert_eq!(
        read("connector edit out --url https://h --add-feed npm"),
        Ok(write(What::Amendment(Amendment::Connector(url, difference))))
    );
}

#[test]
fn tasks_and_attributes() {
    let task = |attributes| TaskSpec { name: name("T"), description: None, attributes };
    let these = |names| Some(AttributesRef::These(attributes(names)));
    edits("task add T", vec![Edit::Create(Spec::Task(task(None)))]);
    edits("task add T --attribute A --attribute B", vec![Edit::Create(Spec::Task(task(these(&["A", "B"]))))]);
    edits("task edit T --all-attributes", vec![Edit::Update(Spec::Task(task(Some(AttributesRef::All))))]);
    edits("task edit T --attribute A", vec![Edit::Update(Spec::Task(task(these(&["A"]))))]);
    let difference = Difference { add: attributes(&["A"]), remove: attributes(&["B"]) };
    assert_eq!(
        read("task edit T --add-attribute A --remove-attribute B"),
        Ok(write(What::Amendment(Amendment::Task(task(None), difference))))
    );
    edits("task restore T", vec![Edit::RestoreTask(name("T"))]);
    let attribute = |label: Option<&str>, feed_scopable| {
        Spec::Attribute(AttributeSpec {
            name: AttributeName::new("A").unwrap(),
            label: label.map(Into::into),
            category: None,
            feed_scopable,
            description: None,
        })
    };
    edits("attribute add A", vec![Edit::Create(attribute(Some("A"), Some(false)))]);
    edits("attribute add A --label L --feed-scopable", vec![Edit::Create(attribute(Some("L"), Some(true)))]);
    edits("attribute edit A --label L", vec![Edit::Update(attribute(Some("L"), None))]);
    let object = ObjectRef::Attribute(AttributeName::new("A").unwrap());
    let to = NewName::Attribute(AttributeName::new("B").unwrap());
    edits("attribute rename A B", vec![Edit::Rename { object, to }]);
}
