use pgs_core::{Error, Result};
use std::future::Future;

/// Runs work to its end even if the caller's future is dropped: a half-done operation is worse than an unheard answer.
pub(crate) async fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(outcome) => outcome,
        Err(ended) => {
            Err(Error::internal("the operation ended without an answer").with_source(ended))
        }
    }
}
