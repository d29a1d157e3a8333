//! What both sides of a session do.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::cuts::{Cuts, LARGEST};
use crate::speech::Speech;

/// One session as both its sides know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// By which everything about it is decided, with its number.
    pub(crate) seed: u64,
    pub(crate) number: u32,
    /// That each side says.
    pub(crate) bytes: u64,
}

impl Plan {
    /// A seed of its own for each purpose.
    pub(crate) fn seed(self, purpose: Purpose) -> u64 {
        let own = self.seed ^ (u64::from(self.number) << 8);
        own ^ purpose as u64
    }

    pub(crate) async fn speak(
        self,
        (speech, cuts): (Purpose, Purpose),
        mut sink: impl AsyncWrite + Unpin,
    ) -> Result<()> {
        let mut speech = Speech::new(self.seed(speech), self.bytes);
        let mut cuts = Cuts::new(self.seed(cuts));
        while !speech.is_over() {
            let size = sink.write(speech.next(cuts.size())).await;
            speech.taken(size.context("what is said is not taken")?);
            sink.flush().await?;
            cuts.pause().await;
        }
        Ok(())
    }

    /// Whether all that the other side says comes, and nothing else.
    pub(crate) async fn hear(
        self,
        (speech, cuts): (Purpose, Purpose),
        mut source: impl AsyncRead + Unpin,
    ) -> Result<()> {
        let mut speech = Speech::new(self.seed(speech), self.bytes);
        let mut cuts = Cuts::new(self.seed(cuts));
        let (mut space, mut heard) = (vec![0; LARGEST], 0);
        while !speech.is_over() {
            let space = space.get_mut(..cuts.size()).unwrap_or_default();
            let size = source.read(space).await;
            let size = size.with_context(|| format!("the connection broke after {heard} bytes"))?;
            ensure!(
                size > 0,
                "the end came after {heard} of {} bytes",
                self.bytes
            );
            if let Err(at) = speech.check(space.get(..size).unwrap_or_default()) {
                bail!("byte {} is not what was said", heard + at);
            }
            heard += size as u64;
            cuts.pause().await;
        }
        Ok(())
    }
}

/// Whether the other side ends now.
pub(crate) async fn hear_end(mut source: impl AsyncRead + Unpin) -> Result<()> {
    let size = source.read(&mut [0]).await;
    let size = size.context("the connection broke where its end should be")?;
    ensure!(size == 0, "there is something behind the last byte");
    Ok(())
}

/// What a seed is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    ClientsSpeech = 1,
    ServersSpeech,
    ClientSpeaks,
    ClientHears,
    ServerSpeaks,
    ServerHears,
    Order,
}
