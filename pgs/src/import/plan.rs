use super::{
    OldFolder, access,
    compose::{self, Service},
    folder::ACCESS_FILE,
    text::At,
};
use crate::ProvisionerKind;
use pgs_core::{Access, Error, ErrorKind, Limits, Password, PgMajor, Result, TenantId};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
};

/// What the importing person wants otherwise than the old files have it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Wishes {
    /// The names that tenants of these old names get.
    pub renames: BTreeMap<String, TenantId>,
    /// The major version of all of them. Default: that of their images.
    pub pg_version: Option<PgMajor>,
}

/// The tenants that an old folder makes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// In the order of the Compose file's service names.
    pub tenants: Vec<PlannedTenant>,
    /// Services that run something else than `postgres`.
    pub others: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// One of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlannedTenant {
    /// Its name here.
    pub id: TenantId,
    /// Its service's name.
    pub service: String,
    /// The names that its container can have.
    pub containers: Vec<String>,
    /// Its image.
    pub image: String,
    /// The major version it gets; none means the newest one there is.
    pub pg_version: Option<PgMajor>,
    /// The old server's superuser.
    pub user: String,
    /// The old server's database.
    pub database: String,
    /// That superuser's password, which becomes the tenant's; without one, the tenant's is generated.
    pub password: Option<Password>,
    /// Whether clients may come in once it is imported.
    pub access: Access,
    /// What it may use at most.
    pub limits: Limits,
    /// Where the host has published the old server's port.
    pub published: Option<SocketAddr>,
    /// SQL files, and folders of them, that made the old database.
    pub init_scripts: Vec<PathBuf>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl Plan {
    /// Makes tenants of the folder's text. Touches nothing.
    pub fn new(folder: &OldFolder, wishes: &Wishes) -> Result<Self> {
        let file = &folder.compose_name;
        let compose = compose::read(&folder.path, file, &folder.compose)?;
        let mut notes = Vec::new();
        let access = folder.access.as_deref().map(access::read).transpose()?;
        if access.is_none() {
            notes.push(format!(
                "there is no {ACCESS_FILE}: every tenant starts disabled"
            ));
        }
        let access = access.unwrap_or_default();
        let old_names: Vec<_> = compose
            .servers
            .iter()
            .map(|service| old_name(service, &access))
            .collect();
        let ids = ids(file, &compose.servers, &old_names, wishes)?;
        let unknown = access.keys().filter(|name| !old_names.contains(name));
        notes.extend(unknown.map(|name| {
            format!("{ACCESS_FILE} has `{name}`, which no service of {file} is named after")
        }));
        let servers = compose.servers.into_iter().zip(old_names).zip(ids);
        let tenants = servers.map(|((service, old_name), id)| {
            tenant(file, service, id, access.get(&old_name).copied(), wishes)
        });
        Ok(Self {
            tenants: tenants.collect::<Result<_>>()?,
            others: compose.others,
            notes,
        })
    }

    /// The same, in which no tenant has the limits of its old server.
    #[must_use]
    pub fn without_limits(mut self) -> Self {
        for tenant in &mut self.tenants {
            tenant.limits = Limits::default();
        }
        self
    }

    /// The same for servers of this kind: what they cannot have is left out and noted.
    #[must_use]
    pub fn fitted(mut self, provisioner: ProvisionerKind) -> Self {
        if provisioner == ProvisionerKind::Local {
            for tenant in &mut self.tenants {
                if tenant.limits.shm.take().is_some() {
                    tenant.notes.push(SHARES_MEMORY.to_owned());
                }
            }
        }
        self
    }
}

const SHARES_MEMORY: &str = "its `shm_size` is left out: a local server shares the host's";

/// The first of its names that the access file knows, else its service's.
fn old_name(service: &Service, access: &BTreeMap<String, Access>) -> String {
    let variable = |name| service.environment.get(name);
    let own = std::iter::once(&service.name).chain(&service.containers);
    let inner = [variable("POSTGRES_DB"), variable("POSTGRES_USER")];
    let mut names = own.chain(inner.into_iter().flatten());
    let known = names.find(|name| access.contains_key(*name));
    known.unwrap_or(&service.name).clone()
}

/// Every name that will not do is told at once.
fn ids(
    file: &str,
    services: &[Service],
    old_names: &[String],
    wishes: &Wishes,
) -> Result<Vec<TenantId>> {
    let (mut ids, mut wrong, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut remedies = Vec::new();
    for (service, old) in services.iter().zip(old_names) {
        let renamed = wishes.renames.get(old).cloned();
        match renamed.map_or_else(|| old.parse::<TenantId>(), Ok) {
            Ok(id) if taken.insert(id.clone()) => ids.push(id),
            Ok(id) => {
                wrong.push(format!(
                    "service `{}`: a tenant `{id}` is there twice",
                    service.name
                ));
                remedies.push(format!("--rename {old}=<name>"));
            }
            Err(error) => {
                wrong.push(format!("service `{}`: {error}", service.name));
                remedies.push(format!("--rename {old}={}", proposal(old)));
            }
        }
    }
    let unused = wishes.renames.keys().find(|old| !old_names.contains(old));
    if let Some(old) = unused {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{file} has no tenant `{old}` to be renamed"),
        )
        .with_remedy(format!("it has {}", old_names.join(", "))));
    }
    if wrong.is_empty() {
        return Ok(ids);
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("{file}: {}", wrong.join("; ")),
    )
    .with_remedy(remedies.join(" ")))
}

/// Something that follows the grammar and reminds of the old name.
fn proposal(old: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-') => c,
        _ => '-',
    };
    let name: String = old.chars().map(plain).take(MOST_OF_A_NAME).collect();
    if name.parse::<TenantId>().is_ok() {
        name
    } else {
        format!("t-{name}")
    }
}

fn tenant(
    file: &str,
    service: Service,
    id: TenantId,
    access: Option<Access>,
    wishes: &Wishes,
) -> Result<PlannedTenant> {
    let at = At {
        file,
        service: &service.name,
    };
    let variable = |name: &str| {
        let value = service.environment.get(name);
        value.filter(|value| !value.is_empty()).cloned()
    };
    let password = variable("POSTGRES_PASSWORD")
        .map(|password| password.parse::<Password>())
        .transpose()
        .map_err(|error| at.about("POSTGRES_PASSWORD", &error))?;
    if password.is_none() && service.environment.contains_key("POSTGRES_PASSWORD_FILE") {
        return Err(at.wrong(
            "POSTGRES_PASSWORD_FILE",
            "is a file in the container",
            "write POSTGRES_PASSWORD into a copy of the folder, and import that",
        ));
    }
    let mut notes = service.notes;
    if password.is_none() {
        notes.push("it has no POSTGRES_PASSWORD: its new password is generated".to_owned());
    }
    if access.is_none() {
        notes.push(format!(
            "{ACCESS_FILE} does not have it: it starts disabled"
        ));
    }
    let user = variable("POSTGRES_USER").unwrap_or_else(|| "postgres".to_owned());
    Ok(PlannedTenant {
        database: variable("POSTGRES_DB").unwrap_or_else(|| user.clone()),
        user,
        password,
        access: access.unwrap_or_default(),
        pg_version: wishes.pg_version.or(service.pg_version),
        id,
        containers: service.containers,
        image: service.image,
        limits: service.limits,
        published: service.published,
        init_scripts: service.init_scripts,
        notes,
        service: service.name,
    })
}

const MOST_OF_A_NAME: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOSE: &str = include_str!("testdata/docker-compose.yml");
    const ACCESS: &str = include_str!("testdata/tenant-access.json");

    fn folder(compose: &str, access: Option<&str>) -> OldFolder {
        OldFolder {
            path: "/srv/Old Pgs".into(),
            compose_name: "docker-compose.yml".to_owned(),
            compose: compose.to_owned(),
            access: access.map(str::to_owned),
        }
    }

    fn error(compose: &str) -> Error {
        Plan::new(&folder(compose, None), &Wishes::default()).unwrap_err()
    }

    fn one(service: &str) -> String {
        format!("services:\n  acme:\n    image: postgres:18\n{service}")
    }

    #[test]
    fn a_folder_as_it_was_written_becomes_tenants() {
        let plan = Plan::new(&folder(COMPOSE, Some(ACCESS)), &Wishes::default()).unwrap();
        assert_eq!(plan.others, ["haproxy"]);
        let named: Vec<_> = plan
            .tenants
            .iter()
            .map(|tenant| tenant.id.as_str())
            .collect();
        assert_eq!(named, ["acme", "globex", "initech"]);
        assert!(plan.notes[0].contains("`gone`"), "{:?}", plan.notes);

        let acme = &plan.tenants[0];
        assert_eq!(
            (acme.user.as_str(), acme.database.as_str()),
            ("acme", "acme")
        );
        assert_eq!(acme.containers, ["pgs_acme"]);
        assert_eq!(acme.password.as_ref().unwrap().reveal(), "s3cret$1");
        assert_eq!(acme.access, Access::Enabled);
        assert_eq!(acme.pg_version.unwrap().number(), 18);
        assert_eq!(acme.limits.memory, Some("512m".parse().unwrap()));
        assert_eq!(acme.limits.cpus, Some("0.5".parse().unwrap()));
        assert_eq!(acme.published, Some("127.0.0.1:15432".parse().unwrap()));
        let scripts = [PathBuf::from("/srv/Old Pgs/./init/acme.sql")];
        assert_eq!(acme.init_scripts, scripts);

        let globex = &plan.tenants[1];
        assert_eq!(
            (globex.user.as_str(), globex.database.as_str()),
            ("postgres", "shop")
        );
        assert_eq!(globex.access, Access::Disabled);
        assert_eq!(globex.limits.memory, Some("1g".parse().unwrap()));
        assert_eq!(globex.limits.pids, Some(200));
        assert_eq!(globex.containers, ["oldpgs-globex-1", "oldpgs_globex_1"]);
        assert_eq!(globex.pg_version, Some(PgMajor::OLDEST));
        assert!(globex.notes[0].contains("14"), "{:?}", globex.notes);

        let initech = &plan.tenants[2];
        assert_eq!(initech.service, "tenant_3");
        assert_eq!(initech.access, Access::Enabled);
        assert!(initech.published.is_none() && initech.pg_version.is_none());
    }

    #[test]
    fn names_that_will_not_do_are_told_at_once_and_can_be_changed() {
        let compose =
            "services:\n  Acme.Corp:\n    image: postgres:18\n  9lives:\n    image: postgres:18\n";
        let error = error(compose);
        assert!(
            error.to_string().contains("`Acme.Corp`") && error.to_string().contains("`9lives`")
        );
        assert_eq!(
            error.remedy(),
            Some("--rename 9lives=t-9lives --rename Acme.Corp=acme-corp")
        );
        let wishes = Wishes {
            renames: [("Acme.Corp", "acme"), ("9lives", "cats")]
                .map(|(old, new)| (old.to_owned(), new.parse().unwrap()))
                .into(),
            pg_version: Some(PgMajor::NEWEST),
        };
        let plan = Plan::new(&folder(compose, None), &wishes).unwrap();
        assert_eq!(plan.tenants[0].id.as_str(), "cats");
        assert_eq!(plan.tenants[1].pg_version, Some(PgMajor::NEWEST));
        let nobody = Plan::new(&folder(&one(""), None), &wishes).unwrap_err();
        assert!(
            nobody.to_string().contains("no tenant `9lives`"),
            "{nobody}"
        );
    }

    #[test]
    fn two_of_one_name_are_refused() {
        let compose = "services:\n  Acme: {image: postgres}\n  acme: {image: postgres}\n";
        let wishes = Wishes {
            renames: BTreeMap::from([("Acme".to_owned(), "acme".parse().unwrap())]),
            pg_version: None,
        };
        let error = Plan::new(&folder(compose, None), &wishes).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }

    #[test]
    fn a_bad_line_is_named_with_its_file_its_service_and_a_remedy() {
        for (service, key) in [
            ("    mem_limit: 1.5g\n", "mem_limit"),
            ("    cpus: many\n", "cpus"),
            ("    pids_limit: -1\n", "pids_limit"),
            ("    ports: 5432\n", "ports"),
            ("    volumes: x\n", "volumes"),
            ("    environment: x\n", "environment"),
            (
                "    environment: [POSTGRES_PASSWORD]\n",
                "POSTGRES_PASSWORD",
            ),
            (
                "    environment: {POSTGRES_PASSWORD: }\n",
                "POSTGRES_PASSWORD",
            ),
            (
                "    environment: {POSTGRES_PASSWORD: 0123}\n",
                "POSTGRES_PASSWORD",
            ),
            (
                "    environment: {POSTGRES_PASSWORD: true}\n",
                "POSTGRES_PASSWORD",
            ),
            (
                "    environment: {POSTGRES_PASSWORD: '${SECRET}'}\n",
                "POSTGRES_PASSWORD",
            ),
            (
                "    environment: {POSTGRES_PASSWORD_FILE: /x}\n",
                "POSTGRES_PASSWORD_FILE",
            ),
        ] {
            let error = error(&one(service));
            let place = format!("docker-compose.yml: service `acme`: `{key}`");
            assert!(error.to_string().starts_with(&place), "{error}");
            assert!(error.remedy().is_some(), "{error}");
        }
        for (compose, said) in [
            ("services: [", "is no YAML"),
            ("version: '3'\n", "has no `services`"),
            (
                "services:\n  a: {image: postgres:19}\n",
                "PostgreSQL version `19`",
            ),
        ] {
            assert!(error(compose).to_string().contains(said), "{compose}");
        }
    }

    #[test]
    fn a_mistake_beside_a_password_does_not_show_it() {
        let compose = "services:\n  acme:\n    environment:\n      POSTGRES_PASSWORD: hunter2\n     image: x\n";
        let error = error(compose);
        assert!(!error.chain().contains("hunter2"), "{}", error.chain());
        let folder = folder("POSTGRES_PASSWORD: hunter2", None);
        assert!(!format!("{folder:?}").contains("hunter2"));
    }
}
