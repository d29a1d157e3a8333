//! One login with a wrong password, timed by a client that does nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long the client waited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    greeting: Duration,
    challenge: Duration,
    verdict: Duration,
    closing: Duration,
}

type Pick = fn(&Attempt) -> f64;

/// What it is made of, in microseconds.
pub(super) const STEPS: [(&str, Pick); 5] = [
    ("1 greeting", |attempt| micros(attempt.greeting)),
    ("2 challenge", |attempt| micros(attempt.challenge)),
    ("3 verdict", |attempt| micros(attempt.verdict)),
    ("4 closing", |attempt| micros(attempt.closing)),
    ("total", |attempt| {
        micros(attempt.greeting + attempt.challenge + attempt.verdict + attempt.closing)
    }),
];

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

impl Attempt {
    /// The proof is any 32 bytes: a server looks at one that is wrong as long as at one that is right.
    pub(super) fn at(address: SocketAddr, user: &str) -> Result<Self> {
        let mut client = Client::connect(address)?;
        let startup = [b"\0\x03\0\0user\0", user.as_bytes(), b"\0\0"].concat();
        let (greeting, _) = client.ask(None, &startup, b'R')?;
        let first = format!("n,,n=,r={NONCE}");
        let length = u32::try_from(first.len())?.to_be_bytes();
        let initial = [b"SCRAM-SHA-256\0", &length[..], first.as_bytes()].concat();
        let (challenge, said) = client.ask(Some(b'p'), &initial, b'R')?;
        let text = String::from_utf8(said.get(4..).context("no challenge")?.to_vec())?;
        let nonce = text.split(',').next().context("no nonce")?;
        let last = format!("c=biws,{nonce},p={PROOF}");
        let (verdict, said) = client.ask(Some(b'p'), last.as_bytes(), b'E')?;
        ensure!(
            said.windows(7).any(|window| window == b"\0C28P01"),
            "{user}: {}",
            said.escape_ascii()
        );
        let begun = Instant::now();
        client.await_end()?;
        Ok(Self {
            greeting,
            challenge,
            verdict,
            closing: begun.elapsed(),
        })
    }
}

#[derive(Debug)]
struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// Sends a message and waits for the whole answer, which has to have this tag.
    fn ask(&mut self, tag: Option<u8>, body: &[u8], answer: u8) -> Result<(Duration, Vec<u8>)> {
        let mut message: Vec<u8> = tag.into_iter().collect();
        message.extend(u32::try_from(body.len() + 4)?.to_be_bytes());
        message.extend(body);
        let begun = Instant::now();
        self.0.write_all(&message)?;
        let mut head = [0; 5];
        self.0.read_exact(&mut head)?;
        let took = begun.elapsed();
        let [got, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length))?;
        let mut said = vec![0; length.saturating_sub(4)];
        self.0.read_exact(&mut said)?;
        if got != answer {
            bail!(
                "{} instead of {}: {}",
                char::from(got),
                char::from(answer),
                said.escape_ascii()
            );
        }
        Ok((took, said))
    }

    fn await_end(&mut self) -> Result<()> {
        match self.0.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => bail!("something comes behind the error"),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";
const PROOF: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const PATIENCE: Duration = Duration::from_secs(20);
