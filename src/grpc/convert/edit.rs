//! The steps of a change set.

use secrecy::SecretString;

use super::{
    invalid::{Fault, Invalid, each_message, under},
    mask::Mask,
    object, principal, text,
};
use crate::{
    grpc::pb,
    model::{
        Secret,
        edit::{Edit, NewName, NewPassword, ObjectRef, SetPassword, Step},
    },
};

/// One step of a change set.
pub fn step(change: pb::Change) -> Result<Step, Invalid> {
    let pb::Change { operation, expected_object_revision } = change;
    let operation = operation.ok_or_else(|| Invalid::missing("operation"))?;
    Ok(Step { edit: edit(operation)?, expected_revision: expected_object_revision })
}

fn edit(operation: pb::change::Operation) -> Result<Edit, Invalid> {
    use pb::change::Operation;
    match operation {
        Operation::Create(object) => {
            object::spec(object, &Mask::ALL).map(Edit::Create).map_err(under("create"))
        }
        Operation::Put(put) => self::put(put).map_err(under("put")),
        Operation::Update(update) => self::update(update).map_err(under("update")),
        Operation::Rename(rename) => self::rename(rename).map_err(under("rename")),
        Operation::Delete(delete) => self::delete(delete).map_err(under("delete")),
        Operation::SetMembers(set) => set_members(&set).map_err(under("set_members")),
        Operation::SetGroups(set) => set_groups(&set).map_err(under("set_groups")),
        Operation::SetPassword(set) => {
            set_password(set).map(Edit::SetPassword).map_err(under("set_password"))
        }
        Operation::RestoreTask(pb::RestoreTask { name }) => {
            text::name("restore_task.name", &name).map(Edit::RestoreTask)
        }
    }
}

fn put(put: pb::PutObject) -> Result<Edit, Invalid> {
    let pb::PutObject { object, update_mask } = put;
    let object = object.ok_or_else(|| Invalid::missing("object"))?;
    object::spec(object, &Mask::new(update_mask.as_ref())).map(Edit::Put).map_err(under("object"))
}

fn update(update: pb::UpdateObject) -> Result<Edit, Invalid> {
    let pb::UpdateObject { object, update_mask } = update;
    let object = object.ok_or_else(|| Invalid::missing("object"))?;
    object::update_spec(object, &Mask::new(update_mask.as_ref())).map(Edit::Update).map_err(under("object"))
}

fn rename(rename: pb::RenameObject) -> Result<Edit, Invalid> {
    let pb::RenameObject { object, new_name } = rename;
    let object = object::object_ref(object)?;
    let to = match &object {
        ObjectRef::Attribute(_) => NewName::Attribute(text::attribute_name("new_name", &new_name)?),
        ObjectRef::Membership(_) | ObjectRef::Grant(_) | ObjectRef::GrantId(_) => {
            return Err(Invalid::value("object", "has no name that could be another"));
        }
        ObjectRef::Task(_)
        | ObjectRef::Directory(_)
        | ObjectRef::User(_)
        | ObjectRef::Group(_)
        | ObjectRef::FeedGroup(_)
        | ObjectRef::Feed(_)
        | ObjectRef::Connector(_) => NewName::Name(text::name("new_name", &new_name)?),
    };
    Ok(Edit::Rename { object, to })
}

fn delete(delete: pb::DeleteObject) -> Result<Edit, Invalid> {
    let pb::DeleteObject { object, cascade, missing_ok } = delete;
    Ok(Edit::Delete { object: object::object_ref(object)?, cascade, missing_ok })
}

fn set_members(set: &pb::SetMembers) -> Result<Edit, Invalid> {
    let pb::SetMembers { group, members } = set;
    Ok(Edit::SetMembers {
        group: principal::principal_name(group.as_ref(), "group")?,
        members: each_message("members", members, principal::listed_member)?,
    })
}

fn set_groups(set: &pb::SetGroups) -> Result<Edit, Invalid> {
    let pb::SetGroups { member, groups } = set;
    Ok(Edit::SetGroups {
        member: principal::member(member.as_ref(), "member")?,
        groups: each_message("groups", groups, principal::named)?,
    })
}

/// What is wrong with a password is said without quoting it.
fn set_password(set: pb::SetPassword) -> Result<SetPassword, Invalid> {
    use pb::set_password::Secret as Pb;
    let pb::SetPassword { user, secret, must_change } = set;
    let user = principal::principal_name(user.as_ref(), "user")?;
    let password = match secret {
        None => return Err(Invalid::missing("secret")),
        Some(Pb::Password(password)) if password.is_empty() => return Err(Invalid::missing("password")),
        Some(Pb::Password(password)) => {
            text::within("password", &password, text::MAX_PASSWORD)?;
            NewPassword::Plain(SecretString::from(password))
        }
        Some(Pb::Proget(hash)) => NewPassword::Hashed(proget_hash(hash).map_err(under("proget"))?),
    };
    Ok(SetPassword { user, password, must_change })
}

fn proget_hash(hash: pb::set_password::ProGetHash) -> Result<Secret, Invalid> {
    /// PBKDF2-HMAC-SHA1 as ProGet uses it.
    const HASH_BYTES: usize = 20;
    let pb::set_password::ProGetHash { hash, salt } = hash;
    if hash.len() != HASH_BYTES {
        return Err(Invalid::value("hash", format!("must have {HASH_BYTES} bytes")));
    }
    if salt.is_empty() {
        return Err(Invalid { field: "salt".into(), fault: Fault::Missing });
    }
    if salt.len() > text::MAX_KEY {
        return Err(Invalid::value("salt", format!("has at most {} bytes", text::MAX_KEY)));
    }
    Ok(Secret::ProGet { hash: hash.into(), salt: salt.into() })
}

#[cfg(test)]
mod tests {
    use pb::change::Operation;
    use prost_types::FieldMask;

    use super::*;

    fn object(kind: pb::object::Kind) -> pb::Object {
        pb::Object { kind: Some(kind) }
    }

    fn user(user: pb::User) -> pb::Object {
        object(pb::object::Kind::User(user))
    }

    fn grant(grant: pb::Grant) -> pb::Object {
        object(pb::object::Kind::Grant(grant))
    }

    fn named(name: &str) -> pb::PrincipalName {
        pb::PrincipalName { name: name.into(), ..pb::PrincipalName::default() }
    }

    fn masked(object: pb::Object, paths: &[&str]) -> Operation {
        let paths = paths.iter().map(|path| (*path).into()).collect();
        Operation::Update(pb::UpdateObject { object: Some(object), update_mask: Some(FieldMask { paths }) })
    }

    fn password(password: &str) -> Operation {
        Operation::SetPassword(pb::SetPassword {
            user: Some(named("ann")),
            secret: Some(pb::set_password::Secret::Password(password.into())),
            must_change: false,
        })
    }

    fn refused(operation: Operation) -> String {
        edit(operation).unwrap_err().to_string()
    }

    #[test]
    fn passwords_are_never_printed() {
        let printed = format!("{:?}", password("hunter2"));
        assert!(printed.contains("ann") && !printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let long = "x".repeat(1025);
        let ann = pb::User { name: "ann".into(), ..pb::User::default() };
        let rule = pb::Grant {
            id: 5,
            effect: 1,
            principal: Some(pb::Principal {
                kind: Some(pb::principal::Kind::Everyone(pb::principal::Everyone {})),
            }),
            task: "Administer".into(),
            scope: Some(crate::model::edit::ScopeRef::AllFeeds.into()),
            ..pb::Grant::default()
        };
        for (operation, why) in [
            (Operation::Create(pb::Object { kind: None }), "create.kind: must be set"),
            (
                Operation::Create(user(pb::User { name: " ann".into(), ..ann.clone() })),
                "create.user.name: the name ` ann` begins or ends with white space",
            ),
            (
                Operation::Create(user(pb::User { email: "a\u{7}".into(), ..ann.clone() })),
                "create.user.email: has a control character",
            ),
            (
                Operation::Create(user(pb::User { display_name: long.clone(), ..ann.clone() })),
                "create.user.display_name: has 1025 bytes, 1024 are allowed",
            ),
            (
                Operation::Create(grant(pb::Grant { effect: 0, ..rule.clone() })),
                "create.grant.effect: must be set",
            ),
            (
                Operation::Create(grant(pb::Grant { effect: 9, ..rule.clone() })),
                "create.grant.effect: 9 is no value that this server knows",
            ),
            (
                Operation::Create(grant(pb::Grant { scope: None, ..rule.clone() })),
                "create.grant.scope: must be set",
            ),
            (
                masked(user(ann.clone()), &["emial"]),
                "update.object.user.update_mask: `emial` can't be changed so: `display_name`, `email`, \
                 `disabled`, `external_id` can",
            ),
            (
                Operation::SetMembers(pb::SetMembers {
                    group: Some(named("devs")),
                    members: vec![
                        pb::Principal { kind: Some(pb::principal::Kind::User(named("ann"))) },
                        pb::Principal { kind: Some(pb::principal::Kind::User(named("Everyone"))) },
                    ],
                }),
                "set_members.members[1].user.name: `Everyone` is a reserved word and can't be a name",
            ),
            (
                Operation::Rename(pb::RenameObject {
                    object: Some(pb::ObjectRef { kind: Some(pb::object_ref::Kind::GrantId(5)) }),
                    new_name: "x".into(),
                }),
                "rename.object: has no name that could be another",
            ),
            (password(""), "set_password.password: must be set"),
            (password(&long), "set_password.password: has 1025 bytes, 1024 are allowed"),
        ] {
            assert_eq!(refused(operation), why);
        }
        edit(password(&long[1..])).unwrap();
        edit(masked(user(pb::User { email: long, ..ann }), &["display_name"])).unwrap();
    }
}
