//! lib.rs declares what hakmem.h declares: the same functions with as many arguments, and the same
//! fields in the same order.

use std::collections::BTreeMap;

const HEADER: &str = include_str!("../../../../hakmem/include/hakmem.h");
const SOURCE: &str = include_str!("../src/lib.rs");

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        rest = &rest[rest.find("*/").expect("a comment without an end") + 2..];
    }
    out + rest
}

/// Each hak_ name that a '(' follows, with the number of its arguments.
fn functions(text: &str) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for (at, _) in text.match_indices("hak_") {
        let rest = &text[at..];
        let open = rest.find(|c: char| c != '_' && !c.is_ascii_lowercase()).unwrap();
        if !rest[open..].starts_with('(') {
            continue;
        }
        let close = rest.find(')').unwrap();
        let arguments = rest[open + 1..close].trim();
        let count = match arguments {
            "" | "void" => 0,
            _ => arguments.split(',').count(),
        };
        out.insert(rest[..open].to_string(), count);
    }
    out
}

/// The names of the u64 fields, as they stand, by what comes before the name and behind it.
fn fields(text: &str, before: &str, after: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| line.ends_with(after));
    let names = lines.filter_map(|line| line.strip_prefix(before)?.strip_suffix(after));
    names.map(|name| name.to_string()).collect()
}

#[test]
fn functions_are_those_of_the_header() {
    let header = functions(&without_comments(HEADER));
    assert!(header.len() > 10, "{:?}", header);
    assert_eq!(functions(SOURCE), header);
}

#[test]
fn fields_are_those_of_the_header() {
    let header = fields(&without_comments(HEADER), "uint64_t ", ";");
    assert_eq!(header.len(), 9, "{:?}", header);
    assert_eq!(fields(SOURCE, "pub ", ": u64,"), header);
}
