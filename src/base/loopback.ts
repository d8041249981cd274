/** True for a host that always means the computer of whoever opens it, in the form that the URL parser gives it. */
export const isLoopback = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
