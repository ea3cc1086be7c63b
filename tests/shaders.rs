//! Every WGSL file parses, validates and fits its Rust side.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use easel::ops::kernels;
use naga::valid::{Capabilities, ValidationFlags, Validator};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn stems() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("shaders")).expect("the folder shaders");
    let stem = |path: PathBuf| {
        path.file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned()
    };
    entries.map(|e| stem(e.expect("readable").path())).collect()
}

fn parsed(text: &str) -> naga::Module {
    naga::front::wgsl::parse_str(text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(text)))
}

/// Whether a kernel is of this file: by its name, or with numbers behind it one that is written out of it.
fn of_file(kernel: &str, stem: &str) -> bool {
    let behind = kernel.strip_prefix(stem);
    behind.is_some_and(|end| {
        end.is_empty()
            || end.starts_with(|c| c == '_') && end[1..].starts_with(|c: char| c.is_ascii_digit())
    })
}

#[test]
fn every_shader_is_valid_with_webgpus_defaults() {
    for stem in stems() {
        let text = fs::read_to_string(root().join("shaders").join(format!("{stem}.wgsl")));
        let text = text.expect("a text file");
        // naga does not see what browsers refuse: a barrier in a loop whose bounds come from a buffer.
        let uniform = !text.contains("workgroupBarrier") || text.contains("workgroupUniformLoad");
        assert!(
            uniform,
            "{stem}: load the loop's bounds by workgroupUniformLoad"
        );
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::default());
        if let Err(e) = validator.validate(&parsed(&text)) {
            panic!("{stem}: {e:?}");
        }
    }
}

#[test]
fn every_half_variant_is_valid_with_f16() {
    let mut found = 0;
    for (name, text) in kernels().iter().filter_map(|k| Some((k.name, k.half()?))) {
        let module = naga::front::wgsl::parse_str(&text);
        let module = module.unwrap_or_else(|e| panic!("{name}: {}", e.emit_to_string(&text)));
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16);
        if let Err(e) = validator.validate(&module) {
            panic!("{name}: {e:?}");
        }
        found += 1;
    }
    assert!(found > 10, "only {found} have one");
}

#[test]
fn every_kernel_has_its_file_and_workgroup_size() {
    for kernel in kernels() {
        assert!(
            stems().iter().any(|stem| of_file(kernel.name, stem)),
            "{}",
            kernel.name
        );
        let module = parsed(kernel.source);
        let entry = module.entry_points.iter().find(|e| e.name == "main");
        let entry = entry.unwrap_or_else(|| panic!("{} has no entry point main", kernel.name));
        let (x, y, z) = kernel.dim;
        assert_eq!(entry.workgroup_size, [x, y, z], "{}", kernel.name);
    }
}

#[test]
fn every_shader_belongs_to_an_operation_of_the_same_stem() {
    let kernels: BTreeSet<&str> = kernels().iter().map(|k| k.name).collect();
    for stem in stems().iter().filter(|s| *s != "blit") {
        let named = kernels.iter().any(|name| of_file(name, stem));
        assert!(named, "no kernel is named {stem}");
        let op = |end: usize| root().join("src/ops").join(format!("{}.rs", &stem[..end]));
        let mut ends = stem.match_indices('_').map(|(end, _)| end);
        let found = op(stem.len()).is_file() || ends.any(|end| op(end).is_file());
        assert!(found, "no operation of src/ops begins the name {stem}");
    }
}

/// A binding that the code does not use falls out of the automatic layout, and every launch fails;
/// and natively, inputs and outputs share a page, which only `read_write` allows.
#[test]
fn every_binding_is_used_and_read_write() {
    for kernel in kernels() {
        let module = parsed(kernel.source);
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::default());
        let info = validator.validate(&module).expect("valid, by another test");
        let mut bindings = Vec::new();
        for (handle, variable) in module.global_variables.iter() {
            let Some(binding) = variable.binding else {
                continue;
            };
            bindings.push(binding.binding);
            let name = variable.name.clone().unwrap_or_default();
            let used = !info.get_entry_point(0)[handle].is_empty();
            assert!(used, "{}: {name} is not used", kernel.name);
            let naga::AddressSpace::Storage { access } = variable.space else {
                panic!("{}: {name} is no storage buffer", kernel.name);
            };
            let both = naga::StorageAccess::LOAD | naga::StorageAccess::STORE;
            assert_eq!(access, both, "{}: {name}", kernel.name);
        }
        bindings.sort_unstable();
        let expected: Vec<u32> = (0..bindings.len() as u32).collect();
        assert_eq!(bindings, expected, "{}", kernel.name);
        assert!(
            bindings.len() <= 8,
            "{}: WebGPU gives 8 storage buffers",
            kernel.name
        );
    }
}

/// The template engine that passes the text on would take these for a placeholder.
#[test]
fn no_shader_holds_two_braces_in_a_row() {
    for kernel in kernels() {
        assert!(!kernel.source.contains("{{"), "{}", kernel.name);
    }
}
