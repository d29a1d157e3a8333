//! The direction of the dependencies between our crates; see docs/ARCHITECTURE.md.

use anyhow::{Result, bail};

use crate::workspace::Workspace;

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let wrong: Vec<String> = ARROWS
        .iter()
        .flat_map(|arrow| arrow.broken_in(workspace))
        .collect();
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// What a crate may use of this workspace. Its tests may use anything.
struct Arrow {
    from: &'static str,
    to: &'static [&'static str],
}

impl Arrow {
    fn broken_in(&self, workspace: &Workspace) -> Vec<String> {
        let Some(package) = workspace.package(self.from) else {
            return Vec::new();
        };
        let used = package
            .dependencies
            .iter()
            .filter(|dependency| !dependency.is_for_tests());
        used.map(|dependency| dependency.name.as_str())
            .filter(|name| workspace.package(name).is_some() && !self.to.contains(name))
            .map(|name| format!("{} may not depend on {name}", self.from))
            .collect()
    }
}

const ARROWS: [Arrow; 14] = [
    Arrow {
        from: "pgs-core",
        to: &[],
    },
    Arrow {
        from: "pgs-dial",
        to: &[],
    },
    Arrow {
        from: "pgs-admin",
        to: &["pgs-core", "pgs-dial"],
    },
    Arrow {
        from: "pgs-cluster",
        to: &["pgs-core"],
    },
    Arrow {
        from: "pgs-proxy",
        to: &["pgs-core", "pgs-admin", "pgs-dial"],
    },
    Arrow {
        from: "pgs-catalog",
        to: &["pgs-core", "pgs-admin"],
    },
    Arrow {
        from: "pgs-local",
        to: &["pgs-core", "pgs-admin", "pgs-cluster"],
    },
    Arrow {
        from: "pgs-docker",
        to: &["pgs-core", "pgs-admin", "pgs-cluster"],
    },
    Arrow {
        from: "pgs-kube",
        to: &["pgs-core", "pgs-admin", "pgs-cluster"],
    },
    Arrow {
        from: "pgs",
        to: &[
            "pgs-core",
            "pgs-admin",
            "pgs-proxy",
            "pgs-catalog",
            "pgs-local",
            "pgs-docker",
            "pgs-kube",
        ],
    },
    Arrow {
        from: "pgs-cli",
        to: &["pgs"],
    },
    Arrow {
        from: "pgs-bindings",
        to: &["pgs"],
    },
    Arrow {
        from: "pgs-node",
        to: &["pgs", "pgs-bindings", "pgs-cli"],
    },
    Arrow {
        from: "pgs-python",
        to: &["pgs", "pgs-bindings", "pgs-cli"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(packages: &serde_json::Value) -> Workspace {
        let metadata = serde_json::json!({ "packages": packages, "workspace_root": "/", "target_directory": "/target" });
        serde_json::from_value(metadata).unwrap()
    }

    #[test]
    fn an_arrow_against_the_stream_is_named() {
        let core = serde_json::json!({ "name": "pgs-core", "features": {}, "dependencies": [
            { "name": "pgs-local", "kind": null }, { "name": "serde", "kind": null } ] });
        let local = serde_json::json!({ "name": "pgs-local", "features": {}, "dependencies": [
            { "name": "pgs-core", "kind": null } ] });
        let error = check(&workspace(&serde_json::json!([core, local]))).unwrap_err();
        assert_eq!(error.to_string(), "pgs-core may not depend on pgs-local");
    }

    #[test]
    fn tests_may_use_anything() {
        let core = serde_json::json!({ "name": "pgs-core", "features": {}, "dependencies": [
            { "name": "testkit", "kind": "dev" } ] });
        let testkit = serde_json::json!({ "name": "testkit", "features": {}, "dependencies": [] });
        check(&workspace(&serde_json::json!([core, testkit]))).unwrap();
    }
}
