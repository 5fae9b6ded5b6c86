"""Reads a metrics page on stdin with prometheus_client, prints what it says as JSON.

Argument: openmetrics or text. Numbers are printed as strings: JSON has no infinity.
"""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text

PARSERS = {"openmetrics": open_metrics, "text": text}


def number(value):
    return repr(float(value))


def exemplar(found):
    return found and {"labels": found.labels, "value": number(found.value)}


def sample(found):
    return {
        "name": found.name,
        "labels": found.labels,
        "value": number(found.value),
        "exemplar": exemplar(found.exemplar),
    }


def family(found):
    return {
        "name": found.name,
        "type": found.type,
        "unit": found.unit,
        "help": found.documentation,
        "samples": [sample(each) for each in found.samples],
    }


def main():
    # Bytes, because reading text would turn \r\n inside of label values into \n.
    page = sys.stdin.buffer.read().decode("utf-8")
    try:
        answer = {"families": [family(each) for each in PARSERS[sys.argv[1]](page)]}
    except (ValueError, KeyError, IndexError, TypeError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    json.dump(answer, sys.stdout)


main()
