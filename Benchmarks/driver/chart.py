"""The picture for the README."""


def draw(results, facts) -> str:
    return "<svg xmlns='http://www.w3.org/2000/svg'/>\n"
