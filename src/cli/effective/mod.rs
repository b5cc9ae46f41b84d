//! `effective`: everything that somebody may do somewhere, or what several may do on several feeds.

mod letters;
mod matrix;
mod one;
mod picture;

use super::{
    args::{connect::Format, effective::Effective},
    client::Client,
    failure::{Exit, Failure},
};

pub(super) async fn run(client: &mut Client, asked: &Effective, format: Format) -> Result<Exit, Failure> {
    match asked {
        Effective::One { who, place } => one::run(client, who, place, format).await,
        Effective::Matrix(asked) => matrix::run(client, asked, format).await,
    }
}
