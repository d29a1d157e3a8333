use crate::place::Place;
use pyo3::{
    prelude::*,
    types::{
        PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyMapping, PyMemoryView, PySequence,
        PyString,
    },
};
use serde_json::{Map, Number, Value};

/// Options as values that are read strictly. A number that would become another one is refused.
pub(crate) fn options(given: &Bound<'_, PyDict>) -> PyResult<Value> {
    object(given.as_mapping(), &Place::root()).map(Value::Object)
}

/// One value, which errors call by this name.
pub(crate) fn value(given: &Bound<'_, PyAny>, name: &str) -> PyResult<Value> {
    one(given, &Place::root().key(name))
}

fn one(given: &Bound<'_, PyAny>, place: &Place) -> PyResult<Value> {
    if given.is_none() {
        Ok(Value::Null)
    } else if let Ok(switch) = given.cast::<PyBool>() {
        Ok(Value::Bool(switch.is_true()))
    } else if let Ok(whole) = given.cast::<PyInt>() {
        integer(whole, place).map(Value::Number)
    } else if let Ok(float) = given.cast::<PyFloat>() {
        let number = Number::from_f64(float.value());
        let number = number.ok_or_else(|| unfit(given, place, "is no finite number"));
        number.map(Value::Number)
    } else if let Ok(text) = given.cast::<PyString>() {
        string(text, place).map(Value::String)
    } else if place.is_too_deep() {
        Err(place.refuse(given.py(), "it is nested too deeply", None))
    } else if let Ok(mapping) = given.cast::<PyMapping>() {
        object(mapping, place).map(Value::Object)
    } else if let Some(sequence) = sequence(given) {
        list(sequence, place)
    } else {
        path(given, place).map(Value::String)
    }
}

/// A count, which errors call by this name.
pub(crate) fn count<T: TryFrom<u64>>(given: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    let count = match value(given, name)? {
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    let count = count.and_then(|count| T::try_from(count).ok());
    count.ok_or_else(|| unfit(given, &Place::root().key(name), "is no count that fits"))
}

fn object(given: &Bound<'_, PyMapping>, place: &Place) -> PyResult<Map<String, Value>> {
    let items = given.items()?;
    let mut object = Map::with_capacity(items.len());
    for item in items {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let Ok(key) = key.cast::<PyString>() else {
            let key = key.str()?;
            let place = place.key(&key.to_string_lossy());
            return Err(place.refuse(given.py(), "its name is no text", None));
        };
        let key = string(key, place)?;
        let value = one(&value, &place.key(&key))?;
        object.insert(key, value);
    }
    Ok(object)
}

/// What counts as a list. Bytes and the like would be lists of numbers.
fn sequence<'a, 'py>(given: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PySequence>> {
    let is_of_bytes = given.is_instance_of::<PyBytes>()
        || given.is_instance_of::<PyByteArray>()
        || given.is_instance_of::<PyMemoryView>();
    given.cast().ok().filter(|_| !is_of_bytes)
}

fn list(given: &Bound<'_, PySequence>, place: &Place) -> PyResult<Value> {
    let list = given.try_iter()?.enumerate();
    let list = list.map(|(index, value)| one(&value?, &place.index(index)));
    list.collect::<PyResult<_>>().map(Value::Array)
}

fn integer(given: &Bound<'_, PyInt>, place: &Place) -> PyResult<Number> {
    if let Ok(number) = given.extract::<i64>() {
        return Ok(number.into());
    }
    let number = given.extract::<u64>().map(Number::from);
    number.map_err(|_| unfit(given, place, "is beyond 64 bits"))
}

fn string(given: &Bound<'_, PyString>, place: &Place) -> PyResult<String> {
    let text = given.extract::<String>();
    text.map_err(|_| place.refuse(given.py(), "the text is no Unicode", None))
}

/// What `os.PathLike` stands for, where a path is meant: elsewhere, its text is hardly what somebody wants.
fn path(given: &Bound<'_, PyAny>, place: &Place) -> PyResult<String> {
    let py = given.py();
    let class = given.get_type().fully_qualified_name()?;
    let path = py.import("os")?.call_method1("fspath", (given,)).ok();
    let Some(path) = path.as_ref().and_then(|path| path.cast::<PyString>().ok()) else {
        let why = format!("a value of the type `{class}` is no option");
        return Err(place.refuse(py, &why, None));
    };
    if !place.is_of_a_path() {
        let why = format!("a path, of the type `{class}`, is no value of it");
        let remedy = "give a text: `path.read_text()` if what the file has in it is meant, `str(path)` if its name is";
        return Err(place.refuse(py, &why, Some(remedy)));
    }
    string(path, place)
}

fn unfit(given: &Bound<'_, PyAny>, place: &Place, why: &str) -> PyErr {
    let shown = given.repr();
    // An integer may have too many digits to be written.
    let shown = shown.map_or_else(
        |_| "it".to_owned(),
        |text| format!("`{}`", text.to_string_lossy()),
    );
    place.refuse(given.py(), &format!("{shown} {why}"), None)
}
