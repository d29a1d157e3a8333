use crate::machine::{Machine, text};
use pgs_core::{
    ErrorKind, InstanceSpec, Password, Privilege,
    provision::{Provisioner, ServerSession, Silent},
};
use std::{fs, os::unix::fs::MetadataExt, time::Duration};

#[tokio::test]
async fn copies_of_one_template_have_identities_of_their_own() {
    let machine = Machine::new();
    let mut seen = std::collections::BTreeSet::new();
    for (name, major) in [("one", 18), ("two", 18), ("three", 15), ("four", 15)] {
        let tenant = machine.tenant(name, major).await;
        let stats = machine
            .local
            .admin(tenant.uid)
            .await
            .unwrap()
            .stats()
            .await
            .unwrap();
        assert!(stats.server_version.starts_with(&major.to_string()));
        assert!(stats.size_bytes > 1_000_000 && stats.sessions == 0);
        assert!(
            seen.insert(stats.system_identifier),
            "every server has its own"
        );
    }
}

#[tokio::test]
async fn a_server_lets_nobody_in_without_a_password_and_listens_on_no_address() {
    for major in [18, 15] {
        let machine = Machine::new();
        let tenant = machine.tenant("acme", major).await;
        let hba = fs::read_to_string(machine.home(tenant.uid).join("data/pg_hba.conf")).unwrap();
        assert_eq!(
            hba,
            "local all all scram-sha-256\nlocal replication all scram-sha-256\n"
        );
        assert!(tenant.login("acme", "acme", "wrong").await.is_err());
        assert!(
            tenant
                .login("pgs_admin", "postgres", tenant.password.reveal())
                .await
                .is_err()
        );
        assert_eq!(
            text(&tenant.client().await, "SHOW listen_addresses").await,
            ""
        );
    }
}

#[tokio::test]
async fn a_tenant_owns_what_is_its_own_and_reaches_nothing_else() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    client
        .batch_execute("CREATE TABLE public.mine (n int); CREATE ROLE helper LOGIN PASSWORD 'secret'; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await
        .unwrap();
    client
        .batch_execute("CREATE DATABASE second")
        .await
        .unwrap();
    for forbidden in [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "GRANT pg_execute_server_program TO acme",
        "ALTER ROLE pgs_admin PASSWORD 'mine'",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "SET ROLE pgs_admin",
    ] {
        let error = client.batch_execute(forbidden).await.unwrap_err();
        assert_eq!(
            error.code().unwrap().code(),
            "42501",
            "{forbidden}: {error:?}"
        );
    }
    for closed in ["postgres", "template1"] {
        assert!(
            tenant
                .login("acme", closed, tenant.password.reveal())
                .await
                .is_err(),
            "{closed}"
        );
        assert!(
            tenant.login("helper", closed, "secret").await.is_err(),
            "{closed}"
        );
    }
    tenant.login("helper", "acme", "secret").await.unwrap();
}

#[tokio::test]
async fn before_16_no_tenant_may_create_roles() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 15).await;
    let client = tenant.client().await;
    assert!(client.batch_execute("CREATE ROLE helper").await.is_err());
    client
        .batch_execute("CREATE DATABASE second")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_tenant_cannot_turn_its_databases_settings_against_the_manager() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    client
        .batch_execute(
            "CREATE FUNCTION public.format_type(oid, int) RETURNS text LANGUAGE sql AS 'SELECT 1/0'; \
             ALTER DATABASE acme SET search_path = public, pg_catalog; ALTER DATABASE acme SET role = acme; \
             ALTER DATABASE acme SET default_transaction_read_only = on; ALTER DATABASE acme SET statement_timeout = 1",
        )
        .await
        .unwrap();
    let admin = machine.local.admin(tenant.uid).await.unwrap();
    let script = pgs_core::InitScript::new(
        "late.sql",
        "SET TRANSACTION READ WRITE; CREATE TABLE late (n int)",
    );
    admin.run_script(&tenant.id, &script).await.unwrap();
    let password = Password::generate();
    admin
        .set_password(&tenant.id, &password.verifier())
        .await
        .unwrap();
    tenant
        .login("acme", "acme", password.reveal())
        .await
        .unwrap();
}

#[tokio::test]
async fn only_the_session_that_was_meant_is_ended() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let (meant, bystander) = (tenant.client().await, tenant.client().await);
    let pid = async |client: &tokio_postgres::Client| {
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await;
        row.unwrap().get::<_, i32>(0).cast_unsigned()
    };
    let (pid, other) = (pid(&meant).await, pid(&bystander).await);
    let admin = machine.local.admin(tenant.uid).await.unwrap();
    let of_age = |pid, age| ServerSession { pid, age };
    // A process that began after the session announced itself is another one with the same id.
    let replaced = of_age(other, Duration::from_hours(1));
    let gone = of_age(u32::MAX, Duration::ZERO);
    let sessions = [of_age(pid, Duration::ZERO), replaced, gone];
    assert_eq!(admin.terminate(&sessions).await.unwrap(), 1);
    assert_eq!(admin.terminate(&[]).await.unwrap(), 0);
    bystander.batch_execute("SELECT 1").await.unwrap();
    let error = meant.batch_execute("SELECT 1").await.unwrap_err();
    assert!(
        error.is_closed() || error.code().unwrap().code() == "57P01",
        "{error}"
    );
}

#[tokio::test]
async fn sessions_are_ended_whoever_they_say_they_are() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    client
        .batch_execute("SET application_name = 'pgs'")
        .await
        .unwrap();
    let admin = machine.local.admin(tenant.uid).await.unwrap();
    assert_eq!(admin.stats().await.unwrap().sessions, 1);
    assert_eq!(admin.end_sessions().await.unwrap(), 1);
    let error = client
        .batch_execute("SELECT pg_sleep(60)")
        .await
        .unwrap_err();
    assert!(
        error.is_closed() || error.code().unwrap().code() == "57P01",
        "{error}"
    );
}

#[tokio::test]
async fn the_template_is_out_of_reach_of_the_servers_user() {
    let machine = Machine::new();
    if machine.local.os_user().is_none() {
        return testkit::skip(
            "a template that is root's",
            "servers run as the user of this test",
        );
    }
    machine.tenant("acme", 18).await;
    let mut unread = vec![machine.state().join("templates")];
    let mut files = 0;
    while let Some(path) = unread.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        assert_eq!((meta.uid(), meta.gid()), (0, 0), "{}", path.display());
        if meta.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            unread.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            files += 1;
        }
        if path.ends_with("data") {
            assert_eq!(meta.mode() & 0o777, 0o700);
        }
    }
    assert!(files > 100);
}

#[tokio::test]
async fn what_cannot_be_had_here_is_refused_beforehand() {
    let machine = Machine::new();
    let mut superuser = InstanceSpec::default();
    superuser.privilege = Privilege::Superuser;
    let mut shm = InstanceSpec::default();
    shm.limits.shm = Some("64m".parse().unwrap());
    for spec in [superuser, shm] {
        let error = machine.local.plan(&spec).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(!error.remedy().unwrap().contains("docker"));
    }
    assert!(!machine.state().exists(), "planning changes nothing");
    assert!(machine.local.list().await.unwrap().is_empty());
    machine
        .local
        .destroy(
            crate::machine::label("no", 18, InstanceSpec::default()).uid,
            &Silent,
        )
        .await
        .unwrap();
}
