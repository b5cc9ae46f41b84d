//! The words of the access model, as plain data.
//!
//! Everything that is decided, stored or sent is said in these types. They know no protocol, no store and
//! no clock; only the standard library, serde and the Unicode tables that names need. A wrong state can't be
//! written down: a [`Name`] has been checked, a [`Change`] has a before or an after, a [`Scope`] is one of
//! three.
//!
//! Objects refer to each other by ids that are never used again, so that renaming moves nothing and a user
//! created again under an old name inherits nothing.
//!
//! | File | Holds |
//! |---|---|
//! | `name`, `id` | how things are called, and how they are referred to |
//! | `attribute`, `task` | what can be allowed, and the sets of it that grants are made of |
//! | `directory`, `principal`, `outsider` | who can be allowed; who lives in a directory outside |
//! | `feed` | where: feeds, feed groups, connectors |
//! | `grant`, `settings` | the rules |
//! | `object`, `policy` | any one of these, and all of them |
//! | `change`, `revision` | how a policy becomes the next one |
//! | `byte_order_mark`, `unprintable` | the mark that text files may begin with; characters that aren't shown |
//! | `edit` | what somebody asks to be changed, by names, before it is resolved |
//! | `similar` | what an unknown name may have meant |
//! | `credential` | what is kept beside the policy, and never shown |

mod ascii;
pub mod attribute;
pub mod byte_order_mark;
pub mod change;
pub mod credential;
pub mod directory;
pub mod edit;
pub mod feed;
pub mod grant;
pub mod id;
pub mod name;
pub mod object;
pub mod outsider;
pub mod policy;
pub mod principal;
pub mod revision;
pub mod settings;
pub mod similar;
pub mod task;
pub mod unprintable;

pub use attribute::{Attribute, AttributeName};
pub use change::{Change, ChangeSet, Idempotency};
pub use credential::{Credential, Secret};
pub use directory::Directory;
pub use feed::{Connector, ConnectorSource, Feed, FeedGroup};
pub use grant::{Effect, Grant, Scope};
pub use id::{AttributeId, ConnectorId, DirectoryId, FeedGroupId, FeedId, GrantId, GroupId, TaskId, UserId};
pub use name::{Name, NameError, NameKey};
pub use object::{Kind, Object, ObjectKey};
pub use outsider::{Namesakes, OutsideGroup, Outsider};
pub use policy::{NextIds, Policy};
pub use principal::{Group, Principal, User};
pub use revision::{Revision, StoreId};
pub use settings::{BareNames, ScopePrecedence, Settings, SignInOrder, UnknownFeed};
pub use task::{BuiltInTask, Task, TaskAttributes};
