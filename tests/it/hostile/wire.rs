//! A client that writes HTTP/2 frames by hand (RFC 9113), and reads only what it needs to keep going.

use std::{
    collections::{HashMap, HashSet},
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

const INITIAL_WINDOW: u16 = 4;
const FRAME: usize = 16 << 10;

/// How long the server may take for anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The state of the connection, as the server's frames tell it.
#[derive(Debug)]
struct Seen {
    connection_window: i64,
    initial_window: i64,
    stream_windows: HashMap<u32, i64>,
    /// The streams that the server has ended or reset.
    ended: HashSet<u32>,
    closed: bool,
}

/// A connection.
pub struct Wire {
    stream: TcpStream,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    next: u32,
}

impl Wire {
    /// Connects. `window` is the number of bytes that the server may send on a stream: with 0, no response is read.
    pub fn connect(address: &str, window: u32) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        let seen = Seen {
            connection_window: 65_535,
            initial_window: 65_535,
            stream_windows: HashMap::new(),
            ended: HashSet::new(),
            closed: false,
        };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let mut wire = Self { stream, seen, next: 1 };
        let mut setting = INITIAL_WINDOW.to_be_bytes().to_vec();
        setting.extend(window.to_be_bytes());
        wire.frame(SETTINGS, 0, 0, &setting);
        let (stream, seen) = (wire.stream.try_clone().unwrap(), Arc::clone(&wire.seen));
        thread::spawn(move || read(stream, &seen));
        wire
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let _ = self.stream.write_all(&frame(kind, flags, stream, payload));
    }

    /// Begins a call, whose request isn't complete.
    pub fn begin(&mut self, path: &str) -> u32 {
        let stream = self.next;
        self.next += 2;
        // Indexed `:method: POST` and `:scheme: http`, then literals that aren't indexed (RFC 7541).
        let mut block = vec![0x83, 0x86];
        for (name, value) in [
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ] {
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend(text.as_bytes());
            }
        }
        self.frame(HEADERS, END_HEADERS, stream, &block);
        stream
    }

    /// Sends a part of a request as fast as the server takes it. False: the server has ended the call.
    pub fn send(&mut self, stream: u32, bytes: &[u8], end: bool) -> bool {
        let mut rest = bytes;
        loop {
            let (seen, changed) = &*self.seen;
            let mut seen = seen.lock().unwrap();
            let room = loop {
                if seen.closed || seen.ended.contains(&stream) {
                    return false;
                }
                let window = seen.stream_windows.get(&stream).copied().unwrap_or(seen.initial_window);
                let room = window.min(seen.connection_window);
                if room > 0 || rest.is_empty() {
                    break usize::try_from(room).unwrap_or(0);
                }
                let (guard, waited) = changed.wait_timeout(seen, PATIENCE).unwrap();
                assert!(!waited.timed_out(), "the server takes nothing and says nothing");
                seen = guard;
            };
            let (now, later) = rest.split_at(rest.len().min(room).min(FRAME));
            let sent = i64::try_from(now.len()).unwrap();
            seen.connection_window -= sent;
            let initial = seen.initial_window;
            *seen.stream_windows.entry(stream).or_insert(initial) -= sent;
            drop(seen);
            let last = later.is_empty();
            let (payload, flags) = (now.to_vec(), if last && end { END_STREAM } else { 0 });
            self.frame(DATA, flags, stream, &payload);
            if last {
                return true;
            }
            rest = later;
        }
    }

    /// A complete call with one message.
    pub fn call(&mut self, path: &str, message: &[u8]) -> u32 {
        let stream = self.begin(path);
        self.send(stream, &framed(message), true);
        stream
    }

    /// The number of calls that the server has ended, once it has ended as many as expected, or after some seconds.
    pub fn ended(&self, expected: usize) -> usize {
        let (seen, changed) = &*self.seen;
        let seen = seen.lock().unwrap();
        let fewer = |seen: &mut Seen| seen.ended.len() < expected;
        changed.wait_timeout_while(seen, Duration::from_secs(10), fewer).unwrap().0.ended.len()
    }

    /// Waits until the server closes the connection. False: it doesn't within this time.
    pub fn closed_within(&self, time: Duration) -> bool {
        let (seen, changed) = &*self.seen;
        let seen = seen.lock().unwrap();
        changed.wait_timeout_while(seen, time, |seen| !seen.closed).unwrap().0.closed
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// A message behind the flag and the length that gRPC puts before it.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    framed
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn read(mut stream: TcpStream, seen: &(Mutex<Seen>, Condvar)) {
    let mut head = [0; 9];
    while stream.read_exact(&mut head).is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
        let mut payload = vec![0; length as usize];
        if stream.read_exact(&mut payload).is_err() {
            break;
        }
        let number = |at: usize| i64::from(u32::from_be_bytes(payload[at..at + 4].try_into().unwrap()));
        let mut now = seen.0.lock().unwrap();
        match kind {
            SETTINGS if flags & ACK == 0 => {
                for setting in (0..payload.len()).step_by(6) {
                    if u16::from_be_bytes([payload[setting], payload[setting + 1]]) == INITIAL_WINDOW {
                        let more = number(setting + 2) - now.initial_window;
                        now.initial_window += more;
                        now.stream_windows.values_mut().for_each(|window| *window += more);
                    }
                }
                let _ = stream.write_all(&frame(SETTINGS, ACK, 0, &[]));
            }
            PING if flags & ACK == 0 => {
                let _ = stream.write_all(&frame(PING, ACK, 0, &payload));
            }
            WINDOW_UPDATE if id == 0 => now.connection_window += number(0),
            WINDOW_UPDATE => {
                let initial = now.initial_window;
                *now.stream_windows.entry(id).or_insert(initial) += number(0);
            }
            RST_STREAM => _ = now.ended.insert(id),
            DATA | HEADERS if flags & END_STREAM != 0 => _ = now.ended.insert(id),
            _ => {}
        }
        drop(now);
        seen.1.notify_all();
    }
    seen.0.lock().unwrap().closed = true;
    seen.1.notify_all();
}
