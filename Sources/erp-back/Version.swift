/// Of this build (https://semver.org).
let version = "0.1.0"
