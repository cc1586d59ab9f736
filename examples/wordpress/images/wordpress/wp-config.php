<?php
/**
 * WordPress settings from the environment. Copied to wp-config.php by the entrypoint when there is none, with the
 * @salt@ places filled; from then on the file is yours to change.
 */

/** The value of WORDPRESS_<NAME>, or what the file named by WORDPRESS_<NAME>_FILE holds, or the default. */
function wordpress_setting(string $name, string $default): string {
	$file = getenv("WORDPRESS_{$name}_FILE");
	if ($file !== false && $file !== '') {
		return rtrim(file_get_contents($file), "\r\n");
	}
	$value = getenv("WORDPRESS_$name");
	return $value === false ? $default : $value;
}

define('DB_HOST', wordpress_setting('DB_HOST', 'mysql'));
define('DB_USER', wordpress_setting('DB_USER', 'root'));
define('DB_PASSWORD', wordpress_setting('DB_PASSWORD', ''));
define('DB_NAME', wordpress_setting('DB_NAME', 'wordpress'));
define('DB_CHARSET', wordpress_setting('DB_CHARSET', 'utf8mb4'));
define('DB_COLLATE', wordpress_setting('DB_COLLATE', ''));
$table_prefix = wordpress_setting('TABLE_PREFIX', 'wp_');

define('AUTH_KEY', wordpress_setting('AUTH_KEY', '@salt@'));
define('SECURE_AUTH_KEY', wordpress_setting('SECURE_AUTH_KEY', '@salt@'));
define('LOGGED_IN_KEY', wordpress_setting('LOGGED_IN_KEY', '@salt@'));
define('NONCE_KEY', wordpress_setting('NONCE_KEY', '@salt@'));
define('AUTH_SALT', wordpress_setting('AUTH_SALT', '@salt@'));
define('SECURE_AUTH_SALT', wordpress_setting('SECURE_AUTH_SALT', '@salt@'));
define('LOGGED_IN_SALT', wordpress_setting('LOGGED_IN_SALT', '@salt@'));
define('NONCE_SALT', wordpress_setting('NONCE_SALT', '@salt@'));

define('WP_DEBUG', filter_var(wordpress_setting('DEBUG', ''), FILTER_VALIDATE_BOOLEAN));

// Behind a proxy that ends TLS, links must stay https.
if (strpos($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '', 'https') !== false) {
	$_SERVER['HTTPS'] = 'on';
}

// PHP of one's own: the official image's way to set anything else.
$wordpress_extra = wordpress_setting('CONFIG_EXTRA', '');
if ($wordpress_extra !== '') {
	eval($wordpress_extra);
}

if (!defined('ABSPATH')) {
	define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
