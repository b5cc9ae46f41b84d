//! Settings. In a request an unset one is left as it is.

use prost_types::FieldMask;

use super::{
    invalid::Invalid,
    mask::{Given, Mask},
};
use crate::{
    grpc::pb,
    model::{BareNames, ScopePrecedence, Settings, SignInOrder, UnknownFeed, edit::SettingsSpec},
};

pub fn settings_spec(settings: pb::Settings, mask: &Mask<'_>) -> Result<SettingsSpec, Invalid> {
    let pb::Settings { scope_precedence, unknown_feed, bare_names, sign_in, revision: _ } = settings;
    mask.only(&["scope_precedence", "unknown_feed", "bare_names", "sign_in"])?;
    Ok(SettingsSpec {
        scope_precedence: mask.take("scope_precedence", scope_precedence, self::scope_precedence)?.flatten(),
        unknown_feed: mask.take("unknown_feed", unknown_feed, self::unknown_feed)?.flatten(),
        bare_names: mask.take("bare_names", bare_names, self::bare_names)?.flatten(),
        sign_in: mask.take("sign_in", sign_in, self::sign_in)?.flatten(),
    })
}

fn scope_precedence(field: &str, number: i32) -> Result<Option<ScopePrecedence>, Invalid> {
    use pb::ScopePrecedence as Pb;
    match Pb::try_from(number).map_err(|_| Invalid::unknown_enum(field, number))? {
        Pb::Unspecified => Ok(None),
        Pb::FeedOverGroup => Ok(Some(ScopePrecedence::FeedOverGroup)),
        Pb::FeedAndGroupEqual => Ok(Some(ScopePrecedence::FeedAndGroupEqual)),
    }
}

fn unknown_feed(field: &str, number: i32) -> Result<Option<UnknownFeed>, Invalid> {
    use pb::UnknownFeed as Pb;
    match Pb::try_from(number).map_err(|_| Invalid::unknown_enum(field, number))? {
        Pb::Unspecified => Ok(None),
        Pb::Deny => Ok(Some(UnknownFeed::Deny)),
        Pb::AllFeedsGrants => Ok(Some(UnknownFeed::AllFeedsGrants)),
    }
}

fn bare_names(field: &str, number: i32) -> Result<Option<BareNames>, Invalid> {
    use pb::BareNames as Pb;
    match Pb::try_from(number).map_err(|_| Invalid::unknown_enum(field, number))? {
        Pb::Unspecified => Ok(None),
        Pb::Unique => Ok(Some(BareNames::Unique)),
        Pb::First => Ok(Some(BareNames::First)),
    }
}

fn sign_in(field: &str, number: i32) -> Result<Option<SignInOrder>, Invalid> {
    use pb::SignInOrder as Pb;
    match Pb::try_from(number).map_err(|_| Invalid::unknown_enum(field, number))? {
        Pb::Unspecified => Ok(None),
        Pb::UntilAccepted => Ok(Some(SignInOrder::UntilAccepted)),
        Pb::FirstHolder => Ok(Some(SignInOrder::FirstHolder)),
    }
}

impl From<ScopePrecedence> for pb::ScopePrecedence {
    fn from(setting: ScopePrecedence) -> Self {
        match setting {
            ScopePrecedence::FeedOverGroup => Self::FeedOverGroup,
            ScopePrecedence::FeedAndGroupEqual => Self::FeedAndGroupEqual,
        }
    }
}

impl From<UnknownFeed> for pb::UnknownFeed {
    fn from(setting: UnknownFeed) -> Self {
        match setting {
            UnknownFeed::Deny => Self::Deny,
            UnknownFeed::AllFeedsGrants => Self::AllFeedsGrants,
        }
    }
}

impl From<BareNames> for pb::BareNames {
    fn from(setting: BareNames) -> Self {
        match setting {
            BareNames::Unique => Self::Unique,
            BareNames::First => Self::First,
        }
    }
}

impl From<SignInOrder> for pb::SignInOrder {
    fn from(setting: SignInOrder) -> Self {
        match setting {
            SignInOrder::UntilAccepted => Self::UntilAccepted,
            SignInOrder::FirstHolder => Self::FirstHolder,
        }
    }
}

impl From<&Settings> for pb::Settings {
    fn from(settings: &Settings) -> Self {
        let Settings { scope_precedence, unknown_feed, bare_names, sign_in, revision } = *settings;
        Self {
            scope_precedence: pb::ScopePrecedence::from(scope_precedence).into(),
            unknown_feed: pb::UnknownFeed::from(unknown_feed).into(),
            bare_names: pb::BareNames::from(bare_names).into(),
            sign_in: pb::SignInOrder::from(sign_in).into(),
            revision,
        }
    }
}

pub fn settings_request(spec: SettingsSpec) -> (pb::Settings, Option<FieldMask>) {
    let SettingsSpec { scope_precedence, unknown_feed, bare_names, sign_in } = spec;
    let mut given = Given::default();
    let settings = pb::Settings {
        scope_precedence: given
            .take("scope_precedence", scope_precedence.map(pb::ScopePrecedence::from))
            .into(),
        unknown_feed: given.take("unknown_feed", unknown_feed.map(pb::UnknownFeed::from)).into(),
        bare_names: given.take("bare_names", bare_names.map(pb::BareNames::from)).into(),
        sign_in: given.take("sign_in", sign_in.map(pb::SignInOrder::from)).into(),
        revision: 0,
    };
    (settings, given.mask())
}
