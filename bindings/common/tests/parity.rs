//! The packages of all languages have the methods of the facade, under the same names, and play the same scenarios.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use syn::{ImplItem, Item, Type, Visibility};

type Names = BTreeSet<String>;

fn at_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(at_root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The public methods of a type of the facade, but for those that have a reason not to be mirrored.
fn of_the_facade(name: &str, files: &[&str], excused: &[(&str, &str)]) -> Names {
    let mut names = Names::new();
    for file in files {
        for item in syn::parse_file(&read(file)).unwrap().items {
            let Item::Impl(block) = item else { continue };
            let is_of = |path: &syn::TypePath| path.path.is_ident(name);
            if block.trait_.is_some() || !matches!(&*block.self_ty, Type::Path(path) if is_of(path))
            {
                continue;
            }
            for item in block.items {
                if let ImplItem::Fn(function) = item
                    && matches!(function.vis, Visibility::Public(_))
                {
                    names.insert(function.sig.ident.to_string());
                }
            }
        }
    }
    for (method, reason) in excused {
        assert!(
            names.remove(*method),
            "`{name}::{method}` is excused ({reason}), but not there"
        );
    }
    names
}

fn pgs() -> Names {
    let files = ["pgs/src/handle.rs", "pgs/src/look.rs", "pgs/src/follow.rs"];
    of_the_facade(
        "Pgs",
        &files,
        &[
            ("open", "a function of the package"),
            ("open_as_found", "for commands that must not wait"),
            ("open_beside_damage", "for `pgs reconcile --rebuild`"),
            (
                "with_progress",
                "its calls come from inside of operations, on their threads",
            ),
            (
                "manager",
                "for applications that bring a catalogue or a provisioner of their own",
            ),
            (
                "sight",
                "`show` with a deadline; promises and tasks have theirs",
            ),
            ("stats", "a part of `show`, for lists"),
            ("deaths", "a part of `show`, for lists"),
        ],
    )
}

fn proxy() -> Names {
    let excused = [("builder", "`serve` of the manager, with options")];
    of_the_facade("Proxy", &["pgs/src/proxy.rs"], &excused)
}

/// What a language needs where Rust drops, or builds.
const OF_PGS: [&str; 3] = ["serve", "supervise", "close"];
const OF_PROXIES: [&str; 1] = ["close"];

fn with(names: Names, more: &[&str]) -> Names {
    names
        .into_iter()
        .chain(more.iter().map(ToString::to_string))
        .collect()
}

/// `maxConnections` of `max_connections`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let (head, tail) = word.split_at(1);
        camel + &head.to_uppercase() + tail
    })
}

/// The members of a class in a file of TypeScript declarations, without those that are private or symbols.
fn of_typescript(class: &str) -> Names {
    let text = read("bindings/node/index.d.ts");
    let head = format!("class {class} ");
    let (_, body) = text
        .split_once(&head)
        .unwrap_or_else(|| panic!("no class {class}"));
    let (body, _) = body.split_once("\n}").unwrap();
    let members = body.lines().filter_map(|line| {
        // Members are one step in; what is deeper belongs to their parameters.
        let line = line
            .strip_prefix("    ")
            .filter(|line| !line.starts_with([' ', '*', '/']))?;
        let line = line
            .strip_prefix("readonly ")
            .or(line.strip_prefix("get "))
            .unwrap_or(line);
        let name = line.split(['(', ':', '?', '<', ';']).next()?;
        let is_name = !name.is_empty() && name.chars().all(char::is_alphanumeric);
        (is_name && name != "constructor").then(|| name.to_owned())
    });
    members.collect()
}

/// The members of a class in a file of Python, without those that begin with an underscore.
fn of_python(file: &str, class: &str) -> Names {
    let text = read(file);
    let begin = text
        .lines()
        .position(|line| line.starts_with(&format!("class {class}")));
    let body = text
        .lines()
        .skip(begin.unwrap_or_else(|| panic!("{file}: no class {class}")) + 1);
    let body = body.take_while(|line| line.is_empty() || line.starts_with(' '));
    let members = body.filter_map(|line| {
        let line = line
            .strip_prefix("    ")
            .filter(|line| !line.starts_with(' '))?;
        let line = line.strip_prefix("async ").unwrap_or(line);
        let name = match line.strip_prefix("def ") {
            Some(method) => method.split('(').next()?,
            None => line.split_once(':')?.0,
        };
        let is_name = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        (is_name && !name.starts_with('_')).then(|| name.to_owned())
    });
    members.collect()
}

fn assert_same(what: &str, expected: &Names, found: &Names) {
    let missing: Vec<_> = expected.difference(found).collect();
    let unknown: Vec<_> = found.difference(expected).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{what}: without {missing:?}, and with {unknown:?} that the facade does not have"
    );
}

#[test]
fn node_has_the_methods_of_the_facade() {
    let in_camel = |names: Names| names.iter().map(|name| camel(name)).collect();
    assert_same(
        "Pgs",
        &in_camel(with(pgs(), &OF_PGS)),
        &of_typescript("Pgs"),
    );
    assert_same(
        "Proxy",
        &in_camel(with(proxy(), &OF_PROXIES)),
        &of_typescript("Proxy"),
    );
}

#[test]
fn python_has_the_methods_of_the_facade() {
    for file in PYTHON {
        assert_same(file, &with(pgs(), &OF_PGS), &of_python(file, "Pgs"));
        assert_same(file, &with(proxy(), &OF_PROXIES), &of_python(file, "Proxy"));
    }
}

/// Both ways to call it.
const PYTHON: [&str; 2] = [
    "bindings/python/python/pgs/_async.py",
    "bindings/python/python/pgs/blocking.py",
];

#[test]
fn every_language_plays_every_scenario() {
    let listed: Names = read("bindings/scenarios.txt")
        .lines()
        .map(str::to_owned)
        .collect();
    for (language, folder, before, after) in [
        ("Rust", "pgs/tests/scenarios", "async fn ", "() {"),
        ("Node", "bindings/node/test", "test('", "'"),
        ("Python", "bindings/python/tests", "def test_", "("),
    ] {
        let played = played(folder, before, after);
        let missing: Vec<_> = listed.difference(&played).collect();
        assert!(missing.is_empty(), "{language} does not play {missing:?}");
    }
}

/// What stands between these texts on the lines of a folder's files.
fn played(folder: &str, before: &str, after: &str) -> Names {
    let entries = fs::read_dir(at_root(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut played = Names::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let names = text.lines().filter_map(|line| {
                let (_, name) = line.split_once(before)?;
                name.split_once(after).map(|(name, _)| name.to_owned())
            });
            played.extend(names);
        }
    }
    played
}
