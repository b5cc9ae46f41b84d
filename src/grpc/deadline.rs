//! How long a caller waits: the `grpc-timeout` that came with a call.

use std::time::{Duration, Instant};

use tonic::Request;

use crate::service::query::Freshness;

const HEADER: &str = "grpc-timeout";
/// As gRPC has it: at most eight digits, and a unit.
const MAX_DIGITS: usize = 8;

/// Lets a question wait for a fresh policy as long as its caller does.
pub fn until_deadline<T>(freshness: Freshness, request: &Request<T>) -> Freshness {
    match timeout(request) {
        Some(timeout) => freshness.within(timeout),
        None => freshness,
    }
}

/// The moment until which work for a call may take: nine tenths of the caller's deadline, so that the response arrives
/// in time, and `longest` from now at most.
pub fn deadline<T>(request: &Request<T>, longest: Duration) -> Instant {
    let timeout = timeout(request).map(|timeout| timeout.mul_f64(0.9));
    Instant::now() + timeout.map_or(longest, |timeout| timeout.min(longest))
}

/// None if the caller waits for ever, or says it in a way that nobody understands.
fn timeout<T>(request: &Request<T>) -> Option<Duration> {
    let value = request.metadata().get(HEADER)?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_hours(number),
        "M" => Duration::from_mins(number),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_understood() {
        for (value, expected) in [
            ("5S", Some(Duration::from_secs(5))),
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("250m", Some(Duration::from_millis(250))),
            ("99999999u", Some(Duration::from_micros(99_999_999))),
            ("1n", Some(Duration::from_nanos(1))),
            ("", None),
            ("S", None),
            ("5", None),
            ("-5S", None),
            ("5s", None),
            ("100000000u", None),
            ("5é", None),
        ] {
            let mut request = Request::new(());
            if let Ok(value) = value.parse() {
                request.metadata_mut().insert(HEADER, value);
            }
            assert_eq!(timeout(&request), expected, "{value:?}");
        }
    }
}
