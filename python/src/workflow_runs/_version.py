# Made of package.json by `npm run client:types`. Do not edit.
__version__ = "0.2.0"
USER_AGENT = f"workflow-runs-python/{__version__}"
