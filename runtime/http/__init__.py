"""The HTTP server: what front ends serve to browsers and programs, as http.conf says."""
