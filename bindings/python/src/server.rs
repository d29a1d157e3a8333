use crate::{
    answers::{Ban, Counters, DrainReport, Listening, Plain, Session},
    call::Call,
    opened::Closable,
    owned::Owned,
};
use pgs::{ErrorKind, Proxy};
use pgs_bindings::Fault;
use pyo3::prelude::*;
use serde::Serialize;
use std::net::IpAddr;

/// A running proxy.
#[pyclass(frozen, weakref, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Server {
    inner: Owned<pgs_bindings::Server>,
    places: Places,
}

#[derive(Debug)]
struct Places {
    address: String,
    addresses: Vec<String>,
    listening: Vec<Listening>,
    metrics: Option<String>,
    exposed: Vec<String>,
    predecessors: Vec<u32>,
}

#[pymethods]
impl Server {
    #[getter]
    fn address(&self) -> &str {
        &self.places.address
    }

    #[getter]
    fn addresses(&self) -> Vec<String> {
        self.places.addresses.clone()
    }

    #[getter]
    fn listening(&self) -> Plain<Vec<Listening>> {
        Plain(self.places.listening.clone())
    }

    #[getter]
    fn metrics_address(&self) -> Option<&str> {
        self.places.metrics.as_deref()
    }

    #[getter]
    fn exposed(&self) -> Vec<String> {
        self.places.exposed.clone()
    }

    #[getter]
    fn predecessors(&self) -> Vec<u32> {
        self.places.predecessors.clone()
    }

    fn sessions(&self, py: Python<'_>) -> PyResult<Call> {
        self.look(py, |proxy| {
            let sessions = proxy.sessions().into_iter();
            Ok(sessions.map(Session::from).collect::<Vec<_>>())
        })
    }

    fn bans(&self, py: Python<'_>) -> PyResult<Call> {
        self.look(py, |proxy| {
            let bans = proxy.bans().into_iter();
            Ok(bans.map(Ban::from).collect::<Vec<_>>())
        })
    }

    fn unban(&self, py: Python<'_>, tenant: String, address: String) -> PyResult<Call> {
        self.look(py, move |proxy| {
            let address: IpAddr = address.parse().map_err(|_| {
                let message = format!("option `address`: `{address}` is no IP address");
                pgs::Error::new(ErrorKind::InvalidInput, message)
            })?;
            Ok(proxy.unban(&tenant, address))
        })
    }

    fn counters(&self, py: Python<'_>) -> PyResult<Call> {
        self.look(py, |proxy| Ok(Counters::from(proxy.counters())))
    }

    fn reload_certificates(&self, py: Python<'_>) -> PyResult<Call> {
        let server = self.inner.get(py)?.clone();
        Call::start(py, async move { server.reload_certificates().await })
    }

    fn replaced(&self, py: Python<'_>) -> PyResult<Call> {
        let server = self.inner.get(py)?.clone();
        Call::look(py, async move { server.replaced().await })
    }

    fn shutdown(&self, py: Python<'_>) -> PyResult<Call> {
        let server = self.inner.get(py)?.clone();
        Call::start(py, async move { Ok(drained(server.shutdown().await)) })
    }

    fn finished(&self, py: Python<'_>) -> PyResult<Call> {
        let server = self.inner.get(py)?.clone();
        Call::look(py, async move { Ok(drained(server.finished().await)) })
    }

    fn close(&self, py: Python<'_>) -> PyResult<Call> {
        let server = self.inner.get(py)?.clone();
        Call::start(py, async move { Ok(drained(server.close().await)) })
    }
}

impl Server {
    fn look<T>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&Proxy) -> Result<T, Fault> + Send + 'static,
    ) -> PyResult<Call>
    where
        T: Serialize + Send + 'static,
    {
        let server = self.inner.get(py)?.clone();
        Call::look(py, async move { server.look(ask).await?.map(Plain) })
    }
}

fn drained(report: pgs::DrainReport) -> Plain<DrainReport> {
    Plain(report.into())
}

impl Closable for pgs_bindings::Server {
    type Shown = Server;

    fn shown(self) -> Server {
        Server {
            places: Places::of(&self),
            inner: Owned::new(self),
        }
    }

    async fn end(self) {
        self.close().await;
    }
}

impl Places {
    fn of(server: &pgs_bindings::Server) -> Self {
        let text = ToString::to_string;
        Self {
            address: server.address().to_string(),
            addresses: server.addresses().iter().map(text).collect(),
            listening: server.listening().iter().map(Listening::from).collect(),
            metrics: server.metrics_address().as_ref().map(ToString::to_string),
            exposed: server.exposed().iter().map(ToString::to_string).collect(),
            predecessors: server.predecessors().to_vec(),
        }
    }
}
