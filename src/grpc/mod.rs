//! The gRPC surface: what comes over the wire becomes domain words here, and goes back.
//!
//! A handler is three lines: convert, call the service, convert. Whoever may call what is decided before any
//! handler runs; what went wrong becomes a status in one table.
//!
//! | File | Holds |
//! |---|---|
//! | `pb` | generated code, behind one door |
//! | `codec`, `element_limits` | how messages become bytes; the limits of repeated fields |
//! | `convert` | messages to domain words and back, one file a noun |
//! | `access` | who may call what |
//! | `error` | what went wrong, as codes and reasons |
//! | `decision_service`, `policy_service`, `analysis_service`, `directory_service`, `watch_service`, `listing` | the handlers |
//! | `stream` | answers in streams, with progress |
//! | `frames`, `broadcast` | answers that are encoded once for all who get them |
//! | `admission` | the calls that are accepted, and the slots, memory and time that each may hold |
//! | `deadline` | how long a caller waits |
//! | `framework` | what goes wrong before a handler runs |
//! | `provider` | the other way round: a client of directories that others wrote |
//! | `health` | whether it serves |
//! | `services`, `surface` | which service a call goes to; everything that is served |

pub mod access;
pub mod admission;
mod analysis_service;
mod broadcast;
mod codec;
pub mod convert;
mod deadline;
mod decision_service;
mod directory_service;
mod element_limits;
mod error;
mod frames;
mod framework;
mod health;
mod listing;
pub mod pb;
mod policy_service;
mod provider;
mod services;
mod stream;
mod surface;
mod watch_service;

pub use access::AdminToken;
pub use analysis_service::Analysis;
pub use decision_service::Decisions;
pub use directory_service::People;
pub use error::{DOMAIN, Failure, reason_name};
pub use framework::explain_layer;
pub use health::Health;
pub use policy_service::Administration;
pub use provider::{MAX_SOCKET_PATH, Provider, ProviderSettings, SettingsError};
pub use services::Services;
pub use surface::{MAX_REQUEST, MAX_RESPONSE, Surface};
pub use watch_service::Watching;
