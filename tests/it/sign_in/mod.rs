//! Signing in: whose name and password these are.
//!
//! | File | Holds |
//! |---|---|
//! | `world` | a decision point in this process, and somebody at its door |
//! | `walk` | a name that several directories may know |
//! | `passwords` | those that are kept here: what they become, and who may change them |
//! | `lockout` | who fails too often; storms |
//! | `program` | seen from the wire and from a shell |
//! | `rescue` | the one-time password, and the way back in |

mod lockout;
mod passwords;
mod program;
mod rescue;
mod walk;
mod world;
