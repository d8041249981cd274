/** The workflow of the children in the example of docs/suspend.md. A test creates one with this id. */
export const PAGES_WORKFLOW_ID = "01920000-0000-7000-8000-000000000309";
