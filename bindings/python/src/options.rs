use crate::failure::refused;
use pyo3::{
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple},
};
use serde_json::{Map, Number, Value};

/// Options as values that are read strictly. A number that would become another one is refused.
pub(crate) fn options(given: &Bound<'_, PyDict>) -> PyResult<Value> {
    object(given, "").map(Value::Object)
}

/// One value, which errors call by this name.
pub(crate) fn value(given: &Bound<'_, PyAny>, name: &str) -> PyResult<Value> {
    if given.is_none() {
        Ok(Value::Null)
    } else if let Ok(switch) = given.cast::<PyBool>() {
        Ok(Value::Bool(switch.is_true()))
    } else if let Ok(whole) = given.cast::<PyInt>() {
        integer(whole, name).map(Value::Number)
    } else if let Ok(float) = given.cast::<PyFloat>() {
        let number = Number::from_f64(float.value());
        let number = number.ok_or_else(|| unfit(given, name, "is no finite number"));
        number.map(Value::Number)
    } else if let Ok(text) = given.cast::<PyString>() {
        string(text, name).map(Value::String)
    } else if let Ok(list) = given.cast::<PyList>() {
        list_of(list.iter(), name)
    } else if let Ok(tuple) = given.cast::<PyTuple>() {
        list_of(tuple.iter(), name)
    } else if let Ok(dict) = given.cast::<PyDict>() {
        object(dict, &format!("{name}.")).map(Value::Object)
    } else {
        path(given, name).map(Value::String)
    }
}

/// A count, which errors call by this name.
pub(crate) fn count<T: TryFrom<u64>>(given: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    let count = match value(given, name)? {
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    let count = count.and_then(|count| T::try_from(count).ok());
    count.ok_or_else(|| unfit(given, name, "is no count that fits"))
}

fn object(given: &Bound<'_, PyDict>, before: &str) -> PyResult<Map<String, Value>> {
    let mut object = Map::with_capacity(given.len());
    for (key, one) in given {
        let Ok(key) = key.cast::<PyString>() else {
            let key = key.str()?;
            let key = key.to_string_lossy();
            return Err(refused(
                given.py(),
                &format!("{before}{key}"),
                "its name is no text",
            ));
        };
        let key = string(key, before)?;
        let one = value(&one, &format!("{before}{key}"))?;
        object.insert(key, one);
    }
    Ok(object)
}

fn list_of<'py>(given: impl Iterator<Item = Bound<'py, PyAny>>, name: &str) -> PyResult<Value> {
    let list = given.enumerate();
    let list = list.map(|(index, one)| value(&one, &format!("{name}[{index}]")));
    list.collect::<PyResult<_>>().map(Value::Array)
}

fn integer(given: &Bound<'_, PyInt>, name: &str) -> PyResult<Number> {
    if let Ok(number) = given.extract::<i64>() {
        return Ok(number.into());
    }
    let number = given.extract::<u64>().map(Number::from);
    number.map_err(|_| unfit(given, name, "is beyond 64 bits"))
}

fn string(given: &Bound<'_, PyString>, name: &str) -> PyResult<String> {
    let text = given.extract::<String>();
    text.map_err(|_| refused(given.py(), name, "the text is no Unicode"))
}

/// What `os.PathLike` stands for.
fn path(given: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    let py = given.py();
    let path = py.import("os")?.call_method1("fspath", (given,)).ok();
    let Some(path) = path.as_ref().and_then(|path| path.cast::<PyString>().ok()) else {
        let class = given.get_type().fully_qualified_name()?;
        let why = format!("a value of the type `{class}` is no option");
        return Err(refused(py, name, &why));
    };
    string(path, name)
}

fn unfit(given: &Bound<'_, PyAny>, name: &str, why: &str) -> PyErr {
    let shown = given.repr();
    // An integer may have too many digits to be written.
    let shown = shown.map_or_else(
        |_| "it".to_owned(),
        |text| format!("`{}`", text.to_string_lossy()),
    );
    refused(given.py(), name, &format!("{shown} {why}"))
}
