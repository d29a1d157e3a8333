use crate::{
    answers::{
        Alteration, Created, Event, Networks, Outcome, Plain, Report, ScriptOutcome, Tenant,
        TenantView,
    },
    call::Call,
    home::Home,
    opened::Opened,
    options::{count, options, value},
    owned::Owned,
    read::{access, parsed, read, stop_mode},
    watch::Watch,
};
use pgs::{ListenAddress, Password, Pgs, TenantId, TenantUid};
use pgs_bindings::{Dialect, Fault, OpenOptions};
use pyo3::{prelude::*, types::PyDict};
use serde::Serialize;
use std::path::PathBuf;

/// An open state directory.
#[pyclass(frozen, weakref, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Manager {
    inner: Owned<pgs_bindings::Manager>,
    state_dir: PathBuf,
    is_throw_away: bool,
}

/// Opens a state directory. Where `PostgreSQL` is nowhere else, it is looked for in these folders.
#[pyfunction]
pub(crate) fn open(
    py: Python<'_>,
    given: &Bound<'_, PyDict>,
    brought: Vec<PathBuf>,
) -> PyResult<Call> {
    let options = open_options(given, brought)?;
    Call::start(py, async move {
        let inner = pgs_bindings::Manager::open(options).await?;
        Manager::new(inner, false).await
    })
}

/// Opens a throw-away manager.
#[pyfunction]
pub(crate) fn ephemeral(
    py: Python<'_>,
    given: &Bound<'_, PyDict>,
    brought: Vec<PathBuf>,
) -> PyResult<Call> {
    let options = open_options(given, brought)?;
    Call::start(py, async move {
        let inner = pgs_bindings::Manager::ephemeral(options).await?;
        Manager::new(inner, true).await
    })
}

fn open_options(given: &Bound<'_, PyDict>, brought: Vec<PathBuf>) -> PyResult<OpenOptions> {
    let given_options = options(given)?;
    let read_options = pgs_bindings::open_options(given_options, Dialect::Snake);
    let mut options = read(given.py(), read_options)?;
    let fallback = &mut options.config.local.fallback_bindirs;
    fallback.extend(brought);
    Ok(options)
}

#[pymethods]
impl Manager {
    #[getter]
    fn state_dir(&self) -> PathBuf {
        self.state_dir.clone()
    }

    #[getter]
    fn is_closed(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.inner.get(py)?.is_closed())
    }

    #[staticmethod]
    fn url(py: Python<'_>, id: &str, address: &str) -> PyResult<String> {
        let (id, address): (TenantId, ListenAddress) = (parsed(py, id)?, parsed(py, address)?);
        Ok(pgs::connection_url(&id, address))
    }

    #[staticmethod]
    fn url_with_password(
        py: Python<'_>,
        id: &str,
        address: &str,
        password: &str,
    ) -> PyResult<String> {
        let (id, address): (TenantId, ListenAddress) = (parsed(py, id)?, parsed(py, address)?);
        let password: Password = parsed(py, password)?;
        Ok(pgs::connection_url_with_password(&id, address, &password))
    }

    fn create(&self, py: Python<'_>, id: &str, given: &Bound<'_, PyDict>) -> PyResult<Call> {
        let id = parsed(py, id)?;
        let spec = read(
            py,
            pgs_bindings::create_options(options(given)?, Dialect::Snake),
        )?;
        self.run(py, |pgs| async move {
            pgs.create(id, spec).await.map(Created::from)
        })
    }

    fn get(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.look(
            py,
            |pgs| async move { pgs.get(&id).await.map(Tenant::from) },
        )
    }

    fn list(&self, py: Python<'_>) -> PyResult<Call> {
        self.look(
            py,
            |pgs| async move { Ok(all::<Tenant, _>(pgs.list().await?)) },
        )
    }

    fn list_trash(&self, py: Python<'_>) -> PyResult<Call> {
        self.look(py, |pgs| async move {
            Ok(all::<Tenant, _>(pgs.list_trash().await?))
        })
    }

    fn show(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.look(py, |pgs| async move {
            pgs.show(&id).await.map(TenantView::from)
        })
    }

    fn logs(&self, py: Python<'_>, id: &str, lines: &Bound<'_, PyAny>) -> PyResult<Call> {
        let (id, lines) = (parsed(py, id)?, count::<u32>(lines, "lines")?);
        self.look(
            py,
            move |pgs| async move { pgs.logs(&id, lines as usize).await },
        )
    }

    fn events(
        &self,
        py: Python<'_>,
        after: &Bound<'_, PyAny>,
        limit: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let (after, limit) = (count(after, "after")?, count::<u32>(limit, "limit")?);
        self.look(py, move |pgs| async move {
            Ok(all::<Event, _>(pgs.events(after, limit as usize).await?))
        })
    }

    fn follow(&self, py: Python<'_>, after: &Bound<'_, PyAny>) -> PyResult<Call> {
        let (manager, after) = (self.inner.get(py)?.clone(), count(after, "after")?);
        Call::look(
            py,
            async move { manager.follow(after).await.map(Watch::new) },
        )
    }

    fn start(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(py, |pgs| async move { pgs.start(&id).await })
    }

    fn stop(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(py, |pgs| async move { pgs.stop(&id).await })
    }

    fn stop_with(&self, py: Python<'_>, id: &str, mode: &str) -> PyResult<Call> {
        let (id, mode) = (parsed(py, id)?, stop_mode(py, mode)?);
        self.run(py, move |pgs| async move { pgs.stop_with(&id, mode).await })
    }

    fn start_all(&self, py: Python<'_>) -> PyResult<Call> {
        self.run(py, |pgs| async move {
            Ok(all::<Outcome, _>(pgs.start_all().await?))
        })
    }

    fn stop_all(&self, py: Python<'_>) -> PyResult<Call> {
        self.run(py, |pgs| async move {
            Ok(all::<Outcome, _>(pgs.stop_all().await?))
        })
    }

    fn set_access(&self, py: Python<'_>, id: &str, to: &str) -> PyResult<Call> {
        let (id, to) = (parsed(py, id)?, access(py, to)?);
        self.run(py, move |pgs| async move { pgs.set_access(&id, to).await })
    }

    fn set_networks(&self, py: Python<'_>, id: &str, given: &Bound<'_, PyDict>) -> PyResult<Call> {
        let id = parsed(py, id)?;
        let change = read(
            py,
            pgs_bindings::networks_options(options(given)?, Dialect::Snake),
        )?;
        self.run(py, |pgs| async move {
            pgs.set_networks(&id, change).await.map(Networks::from)
        })
    }

    fn set_password(&self, py: Python<'_>, id: &str, password: Option<&str>) -> PyResult<Call> {
        let id = parsed(py, id)?;
        let password = password.map(|text| parsed(py, text)).transpose()?;
        self.run(py, |pgs| async move {
            let password: Password = pgs.set_password(&id, password).await?;
            Ok(password.reveal().to_owned())
        })
    }

    fn alter(&self, py: Python<'_>, id: &str, given: &Bound<'_, PyDict>) -> PyResult<Call> {
        let id = parsed(py, id)?;
        let change = read(
            py,
            pgs_bindings::alter_options(options(given)?, Dialect::Snake),
        )?;
        self.run(py, |pgs| async move {
            pgs.alter(&id, change).await.map(Alteration::from)
        })
    }

    fn protect(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(py, |pgs| async move { pgs.protect(&id).await })
    }

    fn unprotect(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(py, |pgs| async move { pgs.unprotect(&id).await })
    }

    fn run_init_scripts(
        &self,
        py: Python<'_>,
        id: &str,
        scripts: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let (id, scripts) = (parsed(py, id)?, value(scripts, "scripts")?);
        let scripts = read(py, pgs_bindings::init_scripts(scripts, Dialect::Snake))?;
        self.run(py, |pgs| async move {
            let names: Vec<_> = scripts.iter().map(|script| script.name.clone()).collect();
            let outcomes = pgs.run_init_scripts(&id, scripts).await?;
            Ok(all::<ScriptOutcome, _>(names.into_iter().zip(outcomes)))
        })
    }

    fn remove(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(
            py,
            |pgs| async move { Ok(pgs.remove(&id).await?.to_string()) },
        )
    }

    fn restore(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(py, |pgs| async move { pgs.restore(&id).await })
    }

    fn restore_uid(&self, py: Python<'_>, uid: &str) -> PyResult<Call> {
        let uid: TenantUid = parsed(py, uid)?;
        self.run(py, move |pgs| async move { pgs.restore_uid(uid).await })
    }

    fn purge(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        let id = parsed(py, id)?;
        self.run(py, |pgs| async move { pgs.purge(&id).await })
    }

    fn purge_uid(&self, py: Python<'_>, uid: &str) -> PyResult<Call> {
        let uid: TenantUid = parsed(py, uid)?;
        self.run(py, move |pgs| async move { pgs.purge_uid(uid).await })
    }

    fn recover(&self, py: Python<'_>) -> PyResult<Call> {
        self.run(
            py,
            |pgs| async move { pgs.recover().await.map(Report::from) },
        )
    }

    fn reconcile(&self, py: Python<'_>) -> PyResult<Call> {
        self.run(
            py,
            |pgs| async move { pgs.reconcile().await.map(Report::from) },
        )
    }

    fn rebuild(&self, py: Python<'_>) -> PyResult<Call> {
        self.run(
            py,
            |pgs| async move { pgs.rebuild().await.map(Report::from) },
        )
    }

    fn serve(&self, py: Python<'_>, given: &Bound<'_, PyDict>) -> PyResult<Call> {
        let manager = self.inner.get(py)?.clone();
        let (opened, given) = (manager.options(), options(given)?);
        let options = read(
            py,
            pgs_bindings::serve_options(opened, given, Dialect::Snake),
        )?;
        Call::start(
            py,
            async move { manager.serve(options).await.map(Opened::new) },
        )
    }

    fn supervise(&self, py: Python<'_>) -> PyResult<Call> {
        let manager = self.inner.get(py)?.clone();
        Call::start(
            py,
            async move { manager.supervise().await.map(Opened::new) },
        )
    }

    fn close(&self, py: Python<'_>) -> PyResult<Call> {
        let manager = self.inner.get(py)?.clone();
        Call::start(py, async move { manager.close().await })
    }
}

impl Manager {
    async fn new(inner: pgs_bindings::Manager, is_throw_away: bool) -> Result<Self, Fault> {
        let state_dir = inner.pgs().await?.state_dir().to_owned();
        Ok(Self {
            inner: Owned::new(inner),
            state_dir,
            is_throw_away,
        })
    }

    /// An operation that goes on to its end.
    fn run<T, F>(
        &self,
        py: Python<'_>,
        operation: impl FnOnce(Pgs) -> F + Send + 'static,
    ) -> PyResult<Call>
    where
        T: Serialize + Send + 'static,
        F: Future<Output = pgs::Result<T>> + Send,
    {
        let manager = self.inner.get(py)?.clone();
        Call::start(py, async move {
            Ok(Plain(operation(manager.pgs().await?).await?))
        })
    }

    /// A question.
    fn look<T, F>(
        &self,
        py: Python<'_>,
        question: impl FnOnce(Pgs) -> F + Send + 'static,
    ) -> PyResult<Call>
    where
        T: Serialize + Send + 'static,
        F: Future<Output = pgs::Result<T>> + Send,
    {
        let manager = self.inner.get(py)?.clone();
        Call::look(py, async move {
            Ok(Plain(question(manager.pgs().await?).await?))
        })
    }
}

/// Nobody has it any more. Taking a throw-away one down takes a while, so whoever lets go of it does not wait for that.
impl Drop for Manager {
    fn drop(&mut self) {
        let (manager, home) = (self.inner.take(), Home::existing());
        let (Some(manager), Some(home), true) = (manager, home, self.is_throw_away) else {
            return;
        };
        let closing = async move {
            if let Err(fault) = manager.close().await {
                tracing::error!(error = %fault.message, "a throw-away manager could not be taken down");
            }
        };
        home.runtime()
            .spawn(home.unfinished().track_future(closing));
    }
}

fn all<T: From<U>, U>(list: impl IntoIterator<Item = U>) -> Vec<T> {
    list.into_iter().map(T::from).collect()
}
