//! Tells cargo where libhakmem is: in the folder LIBHAKMEM_DIR, else where pkg-config says. It is
//! linked statically, unless the feature `shared` is on.

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder_by_pkg_config() -> Result<PathBuf, String> {
    let program = std::env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let wanted = format!("hakmem >= {}", env!("CARGO_PKG_VERSION"));
    let output = Command::new(&program)
        .args(["--print-errors", "--variable=libdir", &wanted])
        .output()
        .map_err(|error| format!("cannot start {}: {}", program, error))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

fn main() {
    for name in ["LIBHAKMEM_DIR", "PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"] {
        println!("cargo:rerun-if-env-changed={}", name);
    }
    let folder = match std::env::var_os("LIBHAKMEM_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => folder_by_pkg_config().unwrap_or_else(|why| {
            eprintln!("libhakmem was not found: {}", why);
            eprintln!("Install it, or set LIBHAKMEM_DIR to the folder in which it is.");
            std::process::exit(1);
        }),
    };
    let shared = std::env::var_os("CARGO_FEATURE_SHARED").is_some();
    let (kind, file) = if shared { ("dylib", "libhakmem.so") } else { ("static", "libhakmem.a") };
    let path = Path::new(&folder).join(file);
    if !path.is_file() {
        eprintln!("{} is not there", path.display());
        std::process::exit(1);
    }
    println!("cargo:rerun-if-changed={}", path.display());
    println!("cargo:rustc-link-search=native={}", folder.display());
    println!("cargo:rustc-link-lib={}=hakmem", kind);
}
